import pytest
from transformers import AutoTokenizer

from mmxkd.datasets.language.tokenizers import (
    KINDS,
    assemble_tokenizer,
    check_vocabulary,
    load_tokenizer,
    resolve_tokenizer,
    save_tokenizer,
    train_tokenizer,
)
from mmxkd.errors import ConfigError, DataError

LINES = [
    " take <v> pan <a>  turn-on <v> tap",
    "wash <v> wood chopping board",
    "put <v> small plate",
    "cut <v> tomato <a> take <v> bread container",
] * 5
AROUND = {"roberta": ("<s>", "</s>")}


@pytest.mark.parametrize("kind", KINDS)
def test_trained_tokenizers_keep_the_text_and_survive_a_folder(kind, tmp_path):
    tokenizer = train_tokenizer(kind, LINES, 400)
    ids = tokenizer("take <v> tomato")["input_ids"]
    tokens = tokenizer.convert_ids_to_tokens(ids)
    assert (tokens[0], tokens[-1]) == AROUND.get(kind, ("[CLS]", "[SEP]"))
    assert tokenizer.decode(ids[1:-1]).replace(" ", "") == "take<v>tomato"
    assert tokenizer.unk_token_id not in ids
    save_tokenizer(tokenizer, tmp_path / "deep" / "tokenizer")
    again = load_tokenizer(tmp_path / "deep" / "tokenizer", kind)
    assert again(LINES)["input_ids"] == tokenizer(LINES)["input_ids"]
    assert again.pad_token_id == tokenizer.pad_token_id
    assert train_tokenizer(kind, LINES, 400).get_vocab() == tokenizer.get_vocab()
    pair = tokenizer("pan", "tap")["input_ids"]
    assert pair.count(tokenizer.sep_token_id) == (3 if kind == "roberta" else 2)


def test_special_tokens_stand_where_the_stock_models_have_them():
    assert [train_tokenizer("roberta", LINES, 400).convert_tokens_to_ids(token) for token in ("<s>", "<pad>", "</s>", "<unk>")] == [
        0,
        1,
        2,
        3,
    ]
    assert train_tokenizer("bert", LINES, 400).pad_token_id == 0


def test_the_stock_bert_tokenizer_gives_the_same_ids(tmp_path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<", ">", "v", "a", "take", "pan", "-", "on", "turn", "##s"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    stock, ours = AutoTokenizer.from_pretrained(str(tmp_path)), assemble_tokenizer("bert", words)
    for text in ("Takes <v> PAN <a> turn-on", "", "élan pan"):
        assert stock(text)["input_ids"] == ours(text)["input_ids"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda path: train_tokenizer("gpt2", LINES, 400), ConfigError, "tokenizer kind 'gpt2'; accepted: bert"),
        (lambda path: train_tokenizer("roberta", LINES, 100), ConfigError, "vocab_size=100 for roberta; accepted: more than 261"),
        (lambda path: train_tokenizer("bert", [" "], 100), DataError, "corpus .* is empty"),
        (lambda path: load_tokenizer(path / "none"), ConfigError, "no such folder"),
        (lambda path: load_tokenizer(path), DataError, "holds no tokenizer"),
        (lambda path: assemble_tokenizer("bert", ["[PAD]", "take"]), DataError, r"lacks \[UNK\], \[CLS\], \[SEP\], \[MASK\]"),
        (lambda path: resolve_tokenizer(dict(kind="bert"), list), ConfigError, "accepted: kind and path"),
        (lambda path: resolve_tokenizer(3, list), ConfigError, "tokenizer=3; accepted: a folder"),
    ],
)
def test_what_is_no_tokenizer(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path)


def test_the_tokenizer_of_another_model(tmp_path):
    save_tokenizer(train_tokenizer("roberta", LINES, 400), tmp_path / "roberta")
    with pytest.raises(DataError, match="a BPE vocabulary; bert reads WordPiece"):
        load_tokenizer(tmp_path / "roberta", "bert")
    with pytest.raises(DataError, match=r"special tokens are those of another model than deberta: cls_token '<s>' \('\[CLS\]'\)"):
        load_tokenizer(tmp_path / "roberta", "deberta")
    tokenizer = load_tokenizer(tmp_path / "roberta", "roberta")
    check_vocabulary(tokenizer, len(tokenizer))
    with pytest.raises(
        DataError, match=rf"vocabulary of {len(tokenizer)} tokens with ids up to {len(tokenizer) - 1}, but the model has 100 embeddings"
    ):
        check_vocabulary(tokenizer, 100)


def test_a_tokenizer_is_trained_once(tmp_path):
    config = dict(kind="bert", path=str(tmp_path / "tokenizer"), vocab_size=100)
    first = resolve_tokenizer(config, lambda: LINES)
    again = resolve_tokenizer(config, lambda: pytest.fail("trained again"))
    assert first.get_vocab() == again.get_vocab()
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer"]
