import gzip
import io
import json

import pytest

from mmxkd.datasets.recipes.convert import build_extractor, open_recipes, write_corpus
from mmxkd.datasets.recipes.reader import iter_array, read_recipes
from mmxkd.errors import ConfigError, DataError

RECIPES = [
    {
        "id": "b1",
        "title": 'Stew, "quick" [x]',
        "instructions": [{"text": "Heat the oil."}, {"text": "Serve."}, {"text": "Add onions and stir in the flour."}],
    },
    {"id": "a2", "instructions": [{"text": "Enjoy!"}]},
    {"id": "c3", "instructions": [{"text": "Chop the leeks"}], "ingredients": [{"text": "leeks"}]},
]


def test_one_line_per_recipe(tmp_path):
    path = tmp_path / "layer1.json"
    path.write_text(json.dumps(RECIPES, indent=1))
    out = tmp_path / "corpus" / "actions.txt"
    report = write_corpus(open_recipes(path, "rules"), build_extractor("rules"), out)
    assert out.read_text().splitlines() == [
        "heat <v> the oil <a> add <v> onions <a> stir in <v> the flour",
        "chop <v> the leeks",
    ]
    assert (report.recipes, report.lines, report.sentences, report.silent_sentences, report.actions) == (3, 2, 5, 2, 4)
    assert "1 without any action left out" in str(report)
    assert [file.name for file in out.parent.iterdir()] == ["actions.txt"]


def test_frames_make_a_corpus_too(tmp_path):
    path = tmp_path / "frames.jsonl"
    path.write_text(json.dumps({"id": 1, "sentences": [{"words": ["Cut", "it", "."], "verbs": [{"tags": ["B-V", "B-ARG1", "O"]}]}]}))
    write_corpus(open_recipes(path, "frames"), build_extractor("frames", published=True), tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == "cut <v> it\n"


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_an_array_is_read_item_by_item(chunk, monkeypatch):
    monkeypatch.setattr("mmxkd.datasets.recipes.reader._CHUNK", chunk)
    items = [*RECIPES, 12.5, 120, "a]b", [], True, None]
    assert list(iter_array(io.StringIO(f" {json.dumps(items)}\n"), "file")) == items
    assert list(iter_array(io.StringIO("[]"), "file")) == []


def test_gzipped_recipes(tmp_path):
    path = tmp_path / "layer1.json.gz"
    path.write_bytes(gzip.compress(json.dumps(RECIPES).encode()))
    assert [recipe.id for recipe in read_recipes(path)] == ["b1", "a2", "c3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1}', r"begins with .* accepted: a json array"),
        (json.dumps(RECIPES)[:-5], "breaks off, or is no json, after recipe 2"),
        ('[{"id": 1}]', "recipe 1 lacks id or instructions"),
        ('[{"id": 1, "instructions": []} {}]', "after recipe 1 a comma or ] is missing"),
        ("", "breaks off"),
    ],
)
def test_what_is_no_file_of_recipes(tmp_path, text, message):
    path = tmp_path / "layer1.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        list(read_recipes(path))


def test_extractors_by_name():
    with pytest.raises(ConfigError, match="extractor 'openie'; accepted: rules, frames, spacy"):
        build_extractor("openie")
    with pytest.raises(ConfigError, match="published rules are those of extractor 'frames'"):
        build_extractor("rules", published=True)
