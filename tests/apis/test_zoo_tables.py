"""Tables of figures: made from a metafile, published and measured apart, and measured figures from logs."""

import json

import pytest
import yaml

from mmxkd.apis.zoo_tables import format_rows, measure, read_metafile, record, render, update
from mmxkd.errors import ConfigError, DataError

METAFILE = """# Figures
Models:
  - Name: big
    Config: configs/x/big.py
    Metadata:
      Architecture: Big
      Parameters: 12345678
      GMACs: 3.25
    Results:
      - Dataset: D
        Published: {Top 1 Accuracy: 91.9, Top 5 Accuracy: 99, Split: "authors' list"}
        Measured: {} # not run
  - Name: small
    Config: configs/x/small.py
    Metadata:
      Architecture: Small
      Parameters: 1000000
      GMACs: 1.0
    Results:
      - Dataset: D
        Published: {Top 1 Accuracy: 80.25}
        Measured: {Top 1 Accuracy: 71.5, Seeds: 2, Spread: {Top 1 Accuracy: 0.25}}
"""
README = "# X\n\n<!-- zoo: small -->\nold\n<!-- /zoo -->\n\nWords.\n\n<!-- zoo: * -->\n<!-- /zoo -->\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "metafile.yml").write_text(METAFILE)
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def test_published_and_measured_have_columns_of_their_own(folder):
    assert format_rows(read_metafile(folder)).splitlines() == [
        "| model | config | params | GMACs | published top-1 / top-5 | published on | ours top-1 | seeds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| Big | [big.py](big.py) | 12.3 M | 3.2 | 91.90 / 99 | authors' list | not run |  |",
        "| Small | [small.py](small.py) | 1.0 M | 1.0 | 80.25 / - |  | 71.5 ± 0.2 | 2 |",
    ]


def test_tables_are_made_once_and_told_when_they_drift(folder):
    assert update([folder], check=True) == [folder / "README.md"]
    assert (folder / "README.md").read_text() == README
    update([folder])
    text = (folder / "README.md").read_text()
    assert "old" not in text
    assert "Words." in text
    assert text.count("[small.py]") == text.count("[big.py]") == 1
    assert text.index("[small.py]") < text.index("Words.") < text.index("[big.py]")
    assert update([folder], check=True) == []
    (folder / "metafile.yml").write_text(METAFILE.replace("71.5", "72.5"))
    assert update([folder], check=True) == [folder / "README.md"]


def test_a_pattern_of_nothing_and_a_model_in_no_table_are_errors(folder):
    models = read_metafile(folder)
    with pytest.raises(ConfigError, match="'huge'"):
        render("<!-- zoo: huge -->\n<!-- /zoo -->", models)
    with pytest.raises(ConfigError, match="1 models of the metafile are in no table: big"):
        render("<!-- zoo: small -->\n<!-- /zoo -->", models)


def test_a_metafile_that_is_none_is_named(folder):
    for content in ("Models: [{Name: x}]", "- 1", "{"):
        (folder / "metafile.yml").write_text(content)
        with pytest.raises(DataError, match=r"metafile\.yml: no metafile of models"):
            read_metafile(folder)


def test_logged_figures_go_into_the_metafile_and_nothing_else_changes(folder, tmp_path):
    for seed, top1 in enumerate((0.5, 0.6)):
        (tmp_path / f"{seed}.json").write_text(json.dumps({"top1": top1, "time": 0.1}))
    record(folder / "metafile.yml", "big", measure([tmp_path / "0.json", tmp_path / "1.json"]))
    text = (folder / "metafile.yml").read_text()
    assert yaml.safe_load(text)["Models"][0]["Results"][0]["Measured"] == {
        "Top 1 Accuracy": 55.0,
        "Seeds": 2,
        "Spread": {"Top 1 Accuracy": 7.07},
    }
    assert text.splitlines()[:11] == METAFILE.splitlines()[:11]
    assert text.splitlines()[12:] == METAFILE.splitlines()[12:]
    with pytest.raises(ConfigError, match="no model named 'huge'"):
        record(folder / "metafile.yml", "huge", {})
    for seed, loss in enumerate((6.4612, 6.4637)):
        (tmp_path / f"{seed}.json").write_text(json.dumps({"mlm_loss": loss}))
    losses = measure([tmp_path / "0.json", tmp_path / "1.json"])
    assert losses == {"Masked Token Loss": 6.462, "Seeds": 2, "Spread": {"Masked Token Loss": 0.002}}  # no percent
    (tmp_path / "1.json").write_text('{"loss": 1}')
    with pytest.raises(DataError, match="accepted: any of top1"):
        measure([tmp_path / "0.json", tmp_path / "1.json"])
