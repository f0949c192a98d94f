"""Cases of GroundNLQ's data, evaluator and ensemble: all pass, and none passes when falsified."""

import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case
from mmxkd.parity.run import check_case

STEMS = ("prep", "narration", "evaluator", "ensemble")


def check(path, meta):
    rows = []
    report = check_case(Case(path, meta), rows.append)
    return report, [str(row) for row in rows if not row.passed]


@pytest.mark.parametrize("stem", STEMS)
def test_recorded_cases(shared, stem):
    path = shared / "reference" / "groundnlq" / f"{stem}.json"
    report, failed = check(path, json.loads(path.read_text()))
    assert failed == []
    assert report.total >= 8


FALSIFIED = {
    "prep": ["jsonl.val.2.query_id", "jsonl.val.0.duration", "val.meta.1.feat_stride", "train.order.3", "jitter.order.0", "too_long_eval"],
    "narration": ["expected.3.query_id", "expected.5.timestamps.0.1", "expected.0.query_type"],
    "evaluator": [
        "expected.official.mean_iou_of_first",
        "expected.num_gt_queries_counted",
        "flat_variant.recall_rows_top_1_5_10_cols_iou_0p3_0p5.0.0",
    ],
    "ensemble": ["expected.results.4.predicted_times.1.0", "top1_generator.0.expected.0.2", "temporal_nms.1.expected.3.0"],
}


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem, keys in FALSIFIED.items() for key in keys])
def test_a_falsified_value_fails(shared, tmp_path, stem, key):
    for path in (shared / "reference" / "groundnlq").glob(f"{stem}.*"):
        shutil.copy(path, tmp_path)
    meta = json.loads((tmp_path / f"{stem}.json").read_text())
    node, *parts = meta, *[int(part) if part.isdigit() else part for part in key.split(".")]
    for part in parts[:-1]:
        node = node[part]
    node[parts[-1]] = f"{node[parts[-1]]}x" if isinstance(node[parts[-1]], str) else node[parts[-1]] + 1
    assert check(tmp_path / f"{stem}.json", meta)[1]


def test_a_falsified_array_fails(shared, tmp_path):
    for path in (shared / "reference" / "groundnlq").glob("prep.*"):
        shutil.copy(path, tmp_path)
    original = dict(np.load(tmp_path / "prep.npz"))
    meta = json.loads((tmp_path / "prep.json").read_text())
    for key in ("val.3.feats", "jitter.4.segments", "batch.train.video_mask"):
        array = original[key].copy()
        array.flat[-1] = not array.flat[-1] if array.dtype == bool else array.flat[-1] + 1
        np.savez(tmp_path / "prep.npz", **{**original, key: array})
        assert check(tmp_path / "prep.json", meta)[1], key
