import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case
from mmxkd.parity.run import check_case

STEMS = ("clip_sampling", "teacher_text")


def copied(shared, folder, stem):
    for path in (shared / "reference" / "anticipation").glob(f"{stem}.*"):
        shutil.copy(path, folder)
        (folder / path.name).chmod(0o644)
    return json.loads((folder / f"{stem}.json").read_text())


@pytest.mark.parametrize("stem", STEMS)
def test_recorded_cases(shared, stem):
    path = shared / "reference" / "anticipation" / f"{stem}.json"
    failed = []
    report = check_case(Case(path, json.loads(path.read_text())), lambda row: failed.append(str(row)) if not row.passed else None)
    assert failed == []
    assert report.total > 40


def test_falsified_arrays_fail(shared, tmp_path):
    meta = copied(shared, tmp_path, "clip_sampling")
    path = tmp_path / "clip_sampling.npz"
    original = dict(np.load(path))
    for key in ("conv0/sample3/frames", "conv1/sample0/sec", "conv2/past_labels0", "conv2/uid", "conv0/f64_end"):
        array = original[key].copy()
        array.flat[-1] += 1
        np.savez(path, **{**original, key: array})
        assert check_case(Case(tmp_path / "clip_sampling.json", meta), lambda row: None).failed == 1, key


@pytest.mark.parametrize("key", ["text", "input_ids", "attention_mask", "label_action", "label_verb", "label_noun", "uid"])
def test_falsified_texts_fail(shared, tmp_path, key):
    meta = copied(shared, tmp_path, "teacher_text")
    row = meta["expected"][7]
    row[key] = [*row[key][:-1], row[key][0] if row[key][0] != row[key][-1] else "other"]
    assert check_case(Case(tmp_path / "teacher_text.json", meta), lambda row: None).failed


def test_a_falsified_history_fails(shared, tmp_path):
    meta = copied(shared, tmp_path, "teacher_text")
    meta["histories"]["epic_complete"][3]["history"][0].append(1)
    assert check_case(Case(tmp_path / "teacher_text.json", meta), lambda row: None).failed == 1
