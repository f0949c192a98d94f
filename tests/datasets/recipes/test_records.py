"""Recipes as records in the classes of an annotation table."""

import json
import runpy
import sys

import numpy as np
import pytest

from mmxkd.datasets.anticipation.segments import ActionVocabulary
from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.recipes.records import ActionMatcher, recipe_records, surface_forms
from mmxkd.errors import ConfigError, DataError

VERBS, NOUNS = LabelMap(["take", "jump-over"], "verbs"), LabelMap(["ball", "board:chopping", "board"], "nouns")
LINE = "take <v> the red ball <a> pick up <v> a ball <a> jump over <v> the chopping board <a> stir <v> soup <a> take <v> the board"


@pytest.fixture
def match(tmp_path):
    table = tmp_path / "verbs.csv"
    table.write_text("""verb_id,class_key,verbs\n0,take,"['take', 'pick-up']"\n1,jump-over,['jump-over']\n""")
    vocabulary = ActionVocabulary(["take_ball", "jump-over_board:chopping", "take_board"], VERBS, NOUNS, [0, 1, 0], [0, 1, 2])
    return ActionMatcher(vocabulary, surface_forms(VERBS, table), surface_forms(NOUNS))


@pytest.mark.parametrize(
    ("verb", "thing", "action"),
    [
        ("pick up", "the red ball", 0),
        ("jump over", "a chopping board", 1),
        ("take out", "the board", 2),
        ("jump over", "the board", None),
        ("stir", "the ball", None),
        ("take", "", None),
    ],
)
def test_the_longest_form_counts(match, verb, thing, action):
    assert match(verb, thing) == action


@pytest.mark.parametrize(("skip", "histories"), [(0, [(), (0,), (0,), (0, 1)]), (1, [(), (), (0,), (0,)])])
def test_history_and_target_of_every_action(match, skip, histories):
    records, report = recipe_records([LINE], match, skip)
    assert [record.target for record in records] == [0, 0, 1, 2]
    assert [record.histories[0] for record in records] == histories
    assert str(report) == "4 records of 1 recipes; 1 of 5 actions are none of the table's"


def test_what_is_refused(match, tmp_path):
    with pytest.raises(DataError, match="1 recipes with 1 actions, none of which"):
        recipe_records(["stir <v> soup"], match)
    with pytest.raises(ConfigError, match="skip=-1"):
        recipe_records([LINE], match, -1)
    table = tmp_path / "nouns.csv"
    table.write_text("noun_id,class_key,nouns\n0,ball,sphere\n")
    with pytest.raises(DataError, match=r"nouns.csv:2: 'sphere'; accepted: a list"):
        surface_forms(NOUNS, table)


def test_the_tool_writes_records_that_the_data_set_reads(repo, tmp_path, monkeypatch, capsys):
    from mmxkd.datasets.anticipation import ActionHistoryDataset

    (tmp_path / "segments.csv").write_text("video,start,stop,verb,noun,split\nv,1,2,take,ball,training\nv,3,4,put,ball,validation\n")
    (tmp_path / "recipes.txt").write_text("take <v> the red ball <a> put <v> it <a> put <v> the ball\n")
    out = tmp_path / "records.jsonl"
    monkeypatch.setattr(sys, "argv", ["", "CsvTable", str(tmp_path), "--recipes", str(tmp_path / "recipes.txt"), "--out", str(out)])
    runpy.run_path(str(repo / "tools/data/build_histories.py"), run_name="__main__")
    assert "2 records of 1 recipes; 1 of 3 actions are none" in capsys.readouterr().out
    assert [json.loads(line)["history"] for line in out.read_text().splitlines()] == [[[]], [[1]]]
    dataset = ActionHistoryDataset(dict(type="CsvTable", root=str(tmp_path)), "training", records=str(out))
    assert np.array_equal(dataset[1]["inputs"]["actions"], [1])
    assert dataset[1]["data_samples"].gt_label == 0
