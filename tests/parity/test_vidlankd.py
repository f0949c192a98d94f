"""The reference cases of VidLanKD pass, and fail as soon as a number is falsified."""

import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case, find_cases
from mmxkd.parity.run import check_case

STEMS = (
    "crd_memory_bank",
    "glue",
    "losses",
    "lr_schedule",
    "mlm_masking",
    "small_6L512H.shapes",
    "student_crd",
    "student_nst",
    "student_nst_crd",
    "teacher_tiny",
    "text_blocks",
)


@pytest.mark.parametrize("stem", STEMS)
def test_case(shared, stem):
    (case,) = [case for case in find_cases(shared / "reference" / "vidlankd") if case.stem == stem]
    failures: list[str] = []
    report = check_case(case, lambda row: None if row.passed else failures.append(str(row)))
    assert failures == []
    assert report.total


FALSIFIED = {
    "crd_memory_bank": ["nce_t", "n_data"],
    "glue": ["metrics.cola.mcc", "config.traj.lr", "examples.1.1"],
    "losses": ["margins.0", "temps.0", "shapes.L"],
    "lr_schedule": ["rows.0.1"],
    "mlm_masking": ["seed", "mlm_probability", "big_sample_statistics.kept"],
    "student_nst_crd": ["config.voken_ratio", "grad_norms.kd1.kd1_student_head.dense.weight", "config.traj.warmup"],
    "text_blocks": ["block_size", "dataset_len", "teacher.sent_len"],
}


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem, keys in FALSIFIED.items() for key in keys])
def test_a_falsified_setting_fails(shared, tmp_path, stem, key):
    meta = _copy(shared, tmp_path, stem)
    node, *path = meta, *key.split(".")
    while len(path) > 1 and ".".join(path) not in node:  # names of parameters hold dots
        node, path = node[int(path[0]) if isinstance(node, list) else path[0]], path[1:]
    last = int(path[0]) if isinstance(node, list) else ".".join(path)
    node[last] = "the pan" if isinstance(node[last], str) else node[last] + 1 if isinstance(node[last], int) else node[last] * 1.1
    assert check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: None).failed


@pytest.mark.parametrize("stem", ["crd_memory_bank", "glue", "losses", "lr_schedule", "mlm_masking", "teacher_tiny", "text_blocks"])
def test_a_falsified_array_fails(shared, tmp_path, stem):
    meta = _copy(shared, tmp_path, stem)
    original = dict(np.load(tmp_path / f"{stem}.npz"))
    generator = np.random.RandomState(0)
    for key in generator.permutation(sorted(key for key in original if not key.endswith("_mask") or "video" in key))[:3]:
        array = original[key].copy()
        place = tuple(generator.randint(size) for size in array.shape)
        array[place] = array[place] + 1 if array.dtype.kind in "iu" else array[place] + 0.5 + abs(array[place])
        np.savez(tmp_path / f"{stem}.npz", **{**original, key: array})
        assert check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: None).failed, key


def _copy(shared, tmp_path, stem):
    for path in (shared / "reference" / "vidlankd").glob(f"{stem}.*"):
        shutil.copy(path, tmp_path)
    return json.loads((tmp_path / f"{stem}.json").read_text())
