"""Cases of GroundNLQ's model, losses, suppression, schedules and training: all pass, and none passes when falsified."""

import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case
from mmxkd.parity.run import check_case

STEMS = (
    "model_a",
    "model_b",
    "model_c",
    "losses",
    "labels_decode",
    "labels_decode_nocenter",
    "nms",
    "schedule_ema",
    "train_a",
    "train_b_headgroup",
)


def check(path):
    rows = []
    report = check_case(Case(path, json.loads(path.read_text())), rows.append)
    return report, [row for row in rows if not row.passed]


@pytest.mark.parametrize("stem", [*STEMS, pytest.param("full.shapes", marks=pytest.mark.long)])
def test_recorded_cases(shared, stem):
    report, failed = check(shared / "reference" / "groundnlq" / f"{stem}.json")
    assert [str(row) for row in failed] == []
    assert report.total >= 30


FALSIFIED = {
    "model_a": ["eval.branch.1", "det.hard_vote.1.scores", "grad.reg_head.scale.1.scale", "label.reg.0", "points.2"],
    "losses": ["focal.ls0.1.a0.6.g2.0.sum.grad", "diou.mean"],
    "labels_decode": ["cls.4", "sec.s1.segments", "dec.tight.scores"],
    "nms": ["mid.soft_vote.segments", "op.mid.soft1.dets", "op.mid.hard0.5.inds"],
}


@pytest.mark.parametrize("stem", FALSIFIED)
def test_falsified_numbers_fail(shared, tmp_path, stem):
    for file in (shared / "reference" / "groundnlq").glob(f"{stem}.*"):
        shutil.copyfile(file, tmp_path / file.name)
    with np.load(tmp_path / f"{stem}.npz") as archive:
        arrays = dict(archive)
    for key in FALSIFIED[stem]:
        arrays[key] = arrays[key] + np.asarray(1, arrays[key].dtype)
    np.savez(tmp_path / f"{stem}.npz", **arrays)
    _, failed = check(tmp_path / f"{stem}.json")
    assert {row.name.removeprefix(f"{stem}/") for row in failed} >= set(FALSIFIED[stem])
