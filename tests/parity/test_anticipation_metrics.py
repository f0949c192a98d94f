"""The recorded metrics hold, and a falsified one fails."""

import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case
from mmxkd.parity.run import check_case


@pytest.fixture
def case(shared, tmp_path):
    for path in (shared / "reference" / "anticipation").glob("metrics.*"):
        shutil.copy(path, tmp_path)
    return tmp_path / "metrics.json"


def failures(path, meta=None):
    rows = []
    check_case(Case(path, meta or json.loads(path.read_text())), rows.append)
    return [row.name for row in rows if not row.passed]


def test_recorded_metrics(case):
    assert failures(case) == []


@pytest.mark.parametrize(
    "key",
    [
        "avt_final.AR5",
        "avt_final_manyshot_or.top1",
        "topk_recall_k5_fraction.many_and",
        "notebook_mean_class_accuracy",
        "mapped_verb_noun.k5.noun",
        "marginal_topk.verb.1",
        "avt_train_accuracy_topk_1_to_10_percent.3",
    ],
)
def test_a_falsified_metric_fails(case, key):
    meta = json.loads(case.read_text())
    node, *path = meta["expected"], *key.split(".")
    for part in path[:-1]:
        node = node[part]
    last = int(path[-1]) if isinstance(node, list) else path[-1]
    node[last] *= 1.001
    assert [name.split("/")[1] for name in failures(case, meta)] == [path[0]]


def test_an_unknown_metric_and_a_falsified_array_fail(case):
    meta = json.loads(case.read_text())
    meta["expected"]["top_secret"] = 0.5
    assert failures(case, meta) == ["metrics/top_secret"]
    arrays = dict(np.load(case.with_suffix(".npz")))
    for key in ("marginal_noun", "marginal_verb_matrix_form", "many_shot_and"):
        changed = arrays[key].copy()
        changed[0] += 1
        np.savez(case.with_suffix(".npz"), **{**arrays, key: changed})
        assert failures(case), key
