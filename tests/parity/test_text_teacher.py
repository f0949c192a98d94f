import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case
from mmxkd.parity.run import check_case

CASES = ("teacher_bert", "teacher_bert_epic", "teacher_distilbert", "teacher_roberta")


def copy(shared, tmp_path, stem):
    for path in (shared / "reference" / "anticipation").glob(f"{stem}.*"):
        shutil.copy(path, tmp_path)
    return json.loads((tmp_path / f"{stem}.json").read_text())


def failures(tmp_path, stem, meta):
    rows = []
    check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: rows.append(row) if not row.passed else None)
    return [row.name for row in rows]


@pytest.mark.parametrize("stem", CASES)
def test_recorded_case(shared, tmp_path, stem):
    assert failures(tmp_path, stem, copy(shared, tmp_path, stem)) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda meta: meta["optimizer"].update(params_per_group=[25, 20]), "optimizer/params_per_group"),
        (lambda meta: meta["optimizer"].update(lr=meta["optimizer"]["lr"] * 2), "traj/loss"),
        (lambda meta: meta["records"][0].update(target=5), "in/label_action"),
        (lambda meta: meta.update(multi_task_weights=[0.7, 0.2, 0.1]), "loss/total_multi_task"),
        (lambda meta: meta.update(printed=meta["printed"].replace("5: 0.3", "5: 0.4")), "printed/top5"),
    ],
)
def test_a_falsified_number_fails(shared, tmp_path, change, name):
    meta = copy(shared, tmp_path, "teacher_bert")
    change(meta)
    assert f"teacher_bert/{name}" in failures(tmp_path, "teacher_bert", meta)


@pytest.mark.parametrize(
    "key", ["dump/logit_action", "f64_class_weight/verb/weight", "loss/weighted_action_weight", "traj/loss_torch_adamw", "in/label_noun"]
)
def test_a_falsified_array_fails(shared, tmp_path, key):
    meta = copy(shared, tmp_path, "teacher_bert")
    path = tmp_path / "teacher_bert.npz"
    arrays = dict(np.load(path))
    arrays[key] = arrays[key].copy()
    place = tuple(min(1, size - 1) for size in arrays[key].shape)
    arrays[key][place] = (arrays[key][place] + 1) % 6
    np.savez(path, **arrays)
    assert failures(tmp_path, "teacher_bert", meta)
