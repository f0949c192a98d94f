"""The student's kinds; each recorded number and array is one that a wrong value of fails."""

import json
import shutil

import numpy as np
import pytest

from mmxkd.parity.case import Case, find_cases
from mmxkd.parity.run import check_case

KINDS = {"avth": 3, "student_kd_traj": 2, "kd_losses": 1, "lr_schedule": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_cases(shared, kind):
    cases = [case for case in find_cases(shared / "reference" / "anticipation") if case.meta["kind"] == kind]
    assert len(cases) == KINDS[kind]
    failed = []
    for case in cases:
        check_case(case, lambda row: failed.append(str(row)) if not row.passed else None)
    assert failed == []


@pytest.mark.long
def test_full_size_shapes(shared):
    failed = []
    [case] = [case for case in find_cases(shared / "reference" / "anticipation") if case.meta["kind"] == "shapes"]
    report = check_case(case, lambda row: failed.append(str(row)) if not row.passed else None)
    assert failed == []
    assert report.total > 600


FALSIFIED = {
    "avth_clips": ["params", "loss_weights.distill", "hparams.verb_of_action.1"],
    "avth_rollout": ["hparams.output_len", "hparams.output_len_eval"],
    "student_kd_traj_adam": ["n_params_rest", "optim.warmup_epochs", "optim.eta_min", "loss_weights.feat"],
    "kd_losses": ["hparams.B", "hparams.variants.2.k", "hparams.variants.0.T", "hparams.att_heads"],
    "lr_schedule": ["configs.0.warmup_epochs", "configs.4.world_size", "configs.1.eta_min"],
}


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem, keys in FALSIFIED.items() for key in keys])
def test_a_falsified_number_fails(shared, tmp_path, stem, key):
    meta = _copy(shared, tmp_path, stem)
    node, *path = meta, *key.split(".")
    for part in path[:-1]:
        node = node[int(part) if isinstance(node, list) else part]
    last = int(path[-1]) if isinstance(node, list) else path[-1]
    node[last] += 1
    assert check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: None).failed


@pytest.mark.parametrize("stem", FALSIFIED)
def test_a_falsified_array_fails(shared, tmp_path, stem):
    meta = _copy(shared, tmp_path, stem)
    original = dict(np.load(tmp_path / f"{stem}.npz"))
    generator = np.random.RandomState(0)
    for key in generator.permutation(sorted(original))[:6]:
        array = original[key].copy()
        place = tuple(generator.randint(size) for size in array.shape)
        array[place] = array[place] + 1 if array.dtype.kind in "iu" else array[place] + 0.5 + abs(array[place])
        np.savez(tmp_path / f"{stem}.npz", **{**original, key: array})
        assert check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: None).failed, key


def _copy(shared, tmp_path, stem):
    for path in (shared / "reference" / "anticipation").glob(f"{stem}.*"):
        shutil.copyfile(path, tmp_path / path.name)
    return json.loads((tmp_path / f"{stem}.json").read_text())
