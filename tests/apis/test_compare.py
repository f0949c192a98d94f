"""Configs compared over seeds: what is run with what, and the table."""

import json
from pathlib import Path

import pytest

from mmxkd.apis.compare import Contender, compare
from mmxkd.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
TEST = """import sys, pathlib, json, numpy as np
work = pathlib.Path(sys.argv[sys.argv.index('--work-dir') + 1])
np.savez(sys.argv[sys.argv.index('--dump') + 1], x=0)
alpha = [float(word[12:]) for word in sys.argv if word.startswith('model.alpha=')] or [0.0]
seed = [float(word[16:]) for word in sys.argv if word.startswith('randomness.seed=')]
for stamp, value in (('1', 0.0), ('2', 0.1 * seed[0] + alpha[0])):
    (work / stamp).mkdir(parents=True)
    (work / stamp / 'log.json').write_text(json.dumps({'top1': value, 'num_videos': None}))
"""


@pytest.fixture
def tools(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "train.py").write_text("")
    (tmp_path / "test.py").write_text(TEST)
    return tmp_path


def test_rows_are_compared_seed_by_seed_with_the_first(tools):
    rows = [Contender("alone", "configs/puppet/dvfl_student.py"), Contender("kd", "configs/puppet/dvfl_kd.py", {"model.alpha": 0.25})]
    said = []
    result = compare(rows, ["top1"], [1, 3], tools / "work", tools, say=said.append)
    assert result["rows"]["alone"]["top1"]["per_seed"] == [0.1, 0.3]
    assert result["differences"] == {"kd": {"top1": {"mean": 0.25, "std": 0.0, "per_seed": [0.25, 0.25]}}}
    assert json.loads((tools / "work/comparison.json").read_text()) == result
    assert (tools / "work/comparison.md").read_text().splitlines() == said[0].splitlines()
    assert said[0].splitlines()[-1] == "| kd | 0.45 ± 0.14 | +0.25, +0.25 |"


def test_a_row_may_have_a_file_for_each_seed():
    row = Contender("top 3", "configs/puppet/dvfl_kd_stored.py", {"model.teacher.store": "stores/top3_s{seed}", "model.alpha": 0.5})
    job = row.job(2)
    assert job.name == "top-3_s2"
    assert job.options == {"model.teacher.store": "stores/top3_s2", "model.alpha": 0.5, "randomness.seed": 2}


def test_a_metric_that_is_not_logged_names_those_that_are(tools):
    rows = [Contender("alone", "configs/puppet/dvfl_student.py")]
    with pytest.raises(ConfigError, match=r"'top5'.*accepted: top1"):
        compare(rows, ["top5"], [1], tools / "work", tools)


def test_rows_of_one_name_are_refused(tools):
    rows = [Contender("a", "configs/puppet/dvfl_student.py")] * 2
    with pytest.raises(ConfigError, match="names that differ"):
        compare(rows, ["top1"], [1], tools / "work", tools)
