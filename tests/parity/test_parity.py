import json
import shutil

import numpy as np
import pytest
import torch

from mmxkd.errors import DataError
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report, Row
from mmxkd.parity.run import check_case, check_folder


def compare(bar, expected, actual, quantity="x"):
    rows: list[Row] = []
    report = Report("case", {"family": bar} if bar is not None else {}, rows.append)
    report.compare(quantity, "family", expected, actual)
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("bar", "expected", "actual", "passed"),
    [
        ({"rtol": 1e-3}, [1.0, 2.0], [1.0009, 2.0], True),
        ({"rtol": 1e-3}, [1.0, 2.0], [1.0011, 2.0], False),
        ({"atol": 0.1}, [0.0], [0.11], False),
        ("exact", [1, 2], [1, 2], True),
        ("exact", [1, 2], [1, 3], False),
        ("exact", ["a"], ["a"], True),
        ("exact", ["a"], ["b"], False),
        ({"rtol": 1.0}, [1.0, 2.0], [1.0], False),
        ({"atol": 0.1}, float("nan"), float("nan"), True),
        ({"atol": 0.1}, 1.0, float("nan"), False),
        (None, 1.0, 1.0, False),
        ("close enough", 1.0, 1.0, False),
    ],
)
def test_bars(bar, expected, actual, passed):
    assert compare(bar, expected, actual).passed is passed


def test_excluded_quantities_are_not_compared():
    assert compare({"rtol": 1e-3, "exclude": ["*.bias"]}, 1.0, 9.0, "layer.bias") is None


@pytest.mark.long
def test_every_recorded_case(shared):
    failed = []
    cases, quantities, count = check_folder(
        shared / "reference" / "dvfl", "dvfl", lambda row: failed.append(row) if not row.passed else None
    )
    assert [str(row) for row in failed] == []
    assert count == 0
    assert cases == 19
    assert quantities > 4000


def test_unknown_kinds_unread_arrays_and_empty_folders_fail(tmp_path):
    path = tmp_path / "strange.json"
    path.write_text(json.dumps({"system": "dvfl", "kind": "strange"}))
    rows: list[Row] = []
    assert check_case(Case(path, json.loads(path.read_text())), rows.append).failed == 1
    assert "no check for kind 'strange'" in rows[0].note
    with pytest.raises(DataError, match="holds no numeric case"):
        check_folder(tmp_path / "nothing")


FALSIFIED = {
    "lr_schedule": ["cases.0.scale", "cases.2.lr_at_end_of_run"],
    "mixup": ["on_value", "rows.1.lam", "rows.1.center_x_then_y.0"],
    "multiview": ["top1_all", "n_disagree_with_logit_average"],
    "kd_loss": ["rows.4.published.kd_loss", "rows.4.forward_kl.total_loss", "rows.0.commented_out_variants.elementwise_mean", "lam"],
    "model_nano_t1": ["num_params", "grad_norm_total", "float64_logit_maxdiff", "logit_std"],
}


@pytest.mark.parametrize(("stem", "key"), [(stem, key) for stem, keys in FALSIFIED.items() for key in keys])
def test_a_falsified_number_fails(shared, tmp_path, stem, key):
    meta = _copy(shared, tmp_path, stem)
    node, *path = meta, *key.split(".")
    for part in path[:-1]:
        node = node[int(part) if isinstance(node, list) else part]
    last = int(path[-1]) if isinstance(node, list) else path[-1]
    node[last] = node[last] + 1 if isinstance(node[last], int) else node[last] * 1.1
    assert check_case(Case(tmp_path / f"{stem}.json", meta), lambda row: None).failed


@pytest.mark.parametrize("stem", ["lr_schedule", "mixup", "multiview", "kd_loss", "model_nano_t1"])
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
    torch.manual_seed(0)
    for path in (shared / "reference" / "dvfl").glob(f"{stem}.*"):
        shutil.copy(path, tmp_path)
    return json.loads((tmp_path / f"{stem}.json").read_text())
