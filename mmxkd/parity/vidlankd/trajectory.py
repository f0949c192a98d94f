"""Training steps against recorded rows ``[parts ..., loss, gradient norm, learning rate]``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from mmxkd.parity.report import Report
from mmxkd.parity.vidlankd.build import Steps

#: Rates are stored in single precision.
_RATE_BAR = {"rtol": 1e-6}


def run_steps(steps: Steps, loss_of: Callable[[int], Mapping[str, Tensor]], count: int, names: Sequence[str]) -> np.ndarray:
    """Train on batches 0 ... count - 1; return (count, len(names) + 2): the parts, gradient norm (NaN between steps), rate.

    Args:
        steps: the loop.
        loss_of: batch number -> parts with their graph, ``names`` among them, the last of which is minimised.
        count: batches.
        names: of the columns.
    """
    rows = []
    for number in range(count):
        values = loss_of(number)
        norm, rate = steps.take(values[names[-1]])
        rows.append([*(float(values[name].detach()) for name in names), np.nan if norm is None else norm, rate])
    return np.array(rows)


def check_columns(
    report: Report, recorded: np.ndarray, rows: np.ndarray, settings: Mapping[str, Any], total_of: Callable[[np.ndarray], float]
) -> None:
    """Hold the rows to the recorded ones, one per batch or one per optimizer step (then the mean over its batches).

    Args:
        report: of the case.
        recorded: (R, C).
        rows: (count, C), see ``run_steps``.
        settings: a case's ``traj``.
        total_of: the undivided loss of a recorded row: the release logs it divided by the accumulated batches.
    """
    accum = int(settings.get("accum", 1))
    ends = slice(accum - 1, None, accum)
    norms, rates = rows[ends, -2], rows[ends, -1]
    parts = rows[:, :-2].copy()
    if accum > 1 and abs(recorded[0, -3] - total_of(recorded[0]) / accum) < abs(recorded[0, -3] - total_of(recorded[0])):
        parts[:, -1] /= accum
    if len(recorded) == len(rows) and accum > 1:
        stepped = recorded[ends]
    else:
        parts, stepped = parts[: len(norms) * accum].reshape(-1, accum, parts.shape[1]).mean(1), recorded
    # Steps are the optimizer's or, with accumulation, batches.
    report.check("traj/steps", "exact", settings["steps"], len(rows) if settings["steps"] == len(rows) else len(norms))
    report.compare("traj/losses", "traj_loss", recorded[:, :-2], parts)
    report.compare("traj/grad_norm", "traj_grad_norm", stepped[:, -2], norms)
    report.check("traj/lr", _RATE_BAR, stepped[:, -1], rates)
