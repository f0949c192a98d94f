"""Token folders, tables and captions nobody should write."""

import json

import numpy as np
import pytest

from mmxkd.apis.language_data import prepare_howto100m
from mmxkd.datasets.language.glue_tasks import glue_task, read_glue
from mmxkd.datasets.language.token_files import TokenFiles, Vocabulary, write_tokens
from mmxkd.datasets.language.tokenizers import check_vocabulary, load_tokenizer, save_tokenizer, train_tokenizer
from mmxkd.datasets.recipes.reader import read_recipes
from mmxkd.errors import DataError

ENTRY = {"text": ["take the pan"], "start": [0.0], "end": [1.0]}


@pytest.fixture
def tokens(tmp_path):
    """A folder of two shards."""
    vocabulary = Vocabulary(50, "a" * 16, {"pad": 0})
    write_tokens(tmp_path / "t", ["x"] * 20, lambda rows: [[7, 8, 9] for _ in rows], vocabulary, bool, {"file": "x"}, 30)
    return tmp_path / "t"


@pytest.mark.parametrize("change", [{"shards": [30, "30"]}, {"shards": 3}, {"vocabulary": {"size": 5}}, {"vocabulary": None}])
def test_a_description_of_another_kind(tokens, change):
    meta = json.loads((tokens / "tokens.json").read_text())
    (tokens / "tokens.json").write_text(json.dumps({**meta, **change}))
    with pytest.raises(DataError, match=r"tokens\.json: no description"):
        TokenFiles(tokens)


@pytest.mark.parametrize("content", ["", "[" * 100_000, "[]", "{"])
def test_a_description_that_is_none(tokens, content):
    (tokens / "tokens.json").write_text(content)
    with pytest.raises(DataError, match=r"tokens\.json: no description"):
        TokenFiles(tokens)


def test_a_token_outside_the_vocabulary(tokens):
    (tokens / "shard-00001.bin").write_bytes(np.full(30, 50, "<u2").tobytes())
    files = TokenFiles(tokens)
    assert files.read(0, 30).tolist() == 10 * [7, 8, 9]
    with pytest.raises(DataError, match="token 50 of a vocabulary of 50"):
        files.read(20, 40)


@pytest.mark.parametrize("starts", [[0, 3, 90], [3, 30], [0, 20, 10, 30], [[0], [30]], [0.0, 30.0], []])
def test_line_starts_of_another_shard(tokens, starts):
    np.save(tokens / "shard-00000.lines.npy", np.array(starts))
    with pytest.raises(DataError, match=r"shard-00000\.lines\.npy: damaged"):
        TokenFiles(tokens).line_starts()


def test_line_starts_that_are_no_array(tokens):
    (tokens / "shard-00000.lines.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00{'descr': (((((((")
    with pytest.raises(DataError, match=r"not a whole \.npy file"):
        TokenFiles(tokens).line_starts()


@pytest.mark.parametrize("content", [b"\xff\n", b"a\tb\tc\td\te\tf\tg\tone\ttwo\tnan\n", b"a\tb\tc\td\te\tf\tg\tone\ttwo\t1_0\n"])
def test_glue_values_that_are_none(tmp_path, content):
    (tmp_path / "STS-B.tsv").write_bytes(b"header\n" + content)
    with pytest.raises(DataError, match=r"STS-B\.tsv"):
        read_glue(tmp_path / "STS-B.tsv", glue_task("sts-b"))


@pytest.mark.parametrize(
    "entries",
    [
        [],
        {"v": 3},
        {"v": {**ENTRY, "text": "take"}},
        {"v": {**ENTRY, "start": ["0"]}},
        {"v": {**ENTRY, "end": [10**400]}},
        {"v": {**ENTRY, "end": [float("nan")]}},
    ],
)
def test_captions_of_another_kind(tmp_path, entries):
    (tmp_path / "c.json").write_text(json.dumps(entries))
    with pytest.raises(DataError, match=r"c\.json"):
        list(prepare_howto100m(str(tmp_path / "c.json"), str(tmp_path / "out"), []))


@pytest.mark.parametrize("content", [b"\xff", b"video_id,start,end,text\nv,0,1," + b"x" * 200_000, b"video_id,start,end,text\nv,0,inf,a\n"])
def test_caption_tables_of_another_kind(tmp_path, content):
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"c\.csv"):
        list(prepare_howto100m(str(tmp_path / "c.csv"), str(tmp_path / "out"), []))


def test_a_damaged_tokenizer(tmp_path):
    save_tokenizer(train_tokenizer("bert", ["take the pan"], 40), tmp_path / "t")
    file = tmp_path / "t" / "tokenizer.json"
    content = json.loads(file.read_text())
    for damaged in ({**content, "model": {"type": "WordPiece", "vocab": []}}, {**content, "added_tokens": 3}, []):
        file.write_text(json.dumps(damaged))
        with pytest.raises(DataError, match="holds no tokenizer"):
            load_tokenizer(tmp_path / "t")


def test_a_tokenizer_with_ids_of_no_token(tmp_path):
    save_tokenizer(train_tokenizer("bert", ["take the pan"], 40), tmp_path / "t")
    settings, file = tmp_path / "t" / "tokenizer_config.json", tmp_path / "t" / "tokenizer.json"
    content = json.loads(settings.read_text())
    settings.write_text(json.dumps({name: value for name, value in content.items() if name != "mask_token"}))
    with pytest.raises(DataError, match="special tokens the ids mask None"):
        Vocabulary.of(load_tokenizer(tmp_path / "t"))
    content = json.loads(file.read_text())
    content["post_processor"]["processors"][0]["special_tokens"]["[CLS]"]["ids"] = [99]
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"special tokens have the ids \[.*99\]"):
        load_tokenizer(tmp_path / "t")


@pytest.mark.parametrize("steps", ["Take it.", [{"text": None}], [3], {"text": "a"}, None])
def test_recipes_without_sentences(tmp_path, steps):
    (tmp_path / "r.json").write_text(json.dumps([{"id": "a", "instructions": [{"text": "Take it."}]}, {"id": "b", "instructions": steps}]))
    with pytest.raises(DataError, match="recipe 2 lacks id or instructions"):
        list(read_recipes(tmp_path / "r.json"))


def test_recipes_within_recipes(tmp_path):
    (tmp_path / "r.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"r\.json"):
        list(read_recipes(tmp_path / "r.json"))


def test_a_vocabulary_with_gaps_has_room_for_its_highest_id(tmp_path):
    save_tokenizer(train_tokenizer("bert", ["take the pan"], 40), tmp_path / "t")
    whole = Vocabulary.of(load_tokenizer(tmp_path / "t"))
    file = tmp_path / "t" / "tokenizer.json"
    content = json.loads(file.read_text())
    del content["model"]["vocab"]["##a"]
    file.write_text(json.dumps(content))
    tokenizer = load_tokenizer(tmp_path / "t")
    vocabulary = Vocabulary.of(tokenizer)
    assert (vocabulary.size, len(tokenizer)) == (whole.size, whole.size - 1)
    assert vocabulary.hash != whole.hash
    with pytest.raises(DataError, match=f"ids up to {whole.size - 1}, but the model has {whole.size - 1} embeddings"):
        check_vocabulary(tokenizer, len(tokenizer))


def test_a_tokenizer_without_its_unknown_token(tmp_path):
    save_tokenizer(train_tokenizer("bert", ["take the pan"], 40), tmp_path / "t")
    settings = tmp_path / "t" / "tokenizer_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "unk_token": ""}))
    with pytest.raises(DataError, match="holds no tokenizer"):
        load_tokenizer(tmp_path / "t")
