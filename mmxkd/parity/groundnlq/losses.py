"""Kind ``losses``: focal, IoU and DIoU loss with their gradients, edge rows included."""

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mmxkd.models.point_losses import diou_loss, iou_loss, sigmoid_focal_loss, smooth_targets
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

_FOCAL = re.compile(r"focal\.ls(?P<smoothing>.+?)\.a(?P<alpha>.+?)\.g(?P<gamma>.+?)\.(?:none|mean|sum|sum\.grad)")
_BOUNDARY: dict[str, Callable[..., Tensor]] = {"iou": iou_loss, "diou": diou_loss}


def check_losses(case: Case, report: Report) -> None:
    """Compare every setting the keys name, in each reduction, and the gradient of the sum."""
    logits, targets = (torch.from_numpy(case.array(f"in.{name}")) for name in ("logits", "targets"))
    report.check("C", "exact", case.meta["C"], targets.shape[-1])
    for prefix in sorted({key.rsplit(".none", 1)[0] for key in case.arrays if _FOCAL.fullmatch(key) and key.endswith(".none")}):
        found = _FOCAL.fullmatch(f"{prefix}.none")
        assert found is not None
        smoothing, alpha, gamma = (float(found[name]) for name in ("smoothing", "alpha", "gamma"))
        smooth = smooth_targets(targets, smoothing)
        _compare(case, report, prefix, logits, partial(sigmoid_focal_loss, targets=smooth, alpha=alpha, gamma=gamma))
    pred, target = (torch.from_numpy(case.array(f"in.{name}")) for name in ("pred_offsets", "gt_offsets"))
    for name, function in _BOUNDARY.items():
        _compare(case, report, name, pred, partial(function, target=target))
        nothing = function(pred[:0], target[:0]).sum()
        for reduction in ("mean", "sum"):
            report.compare(f"{name}.empty_{reduction}", "loss", case.meta[f"{name}.empty_{reduction}"], nothing)


def _compare(case: Case, report: Report, prefix: str, inputs: Tensor, function: Callable[[Tensor], Tensor]) -> None:
    inputs = inputs.clone().requires_grad_()
    loss = function(inputs)
    loss.sum().backward()
    for reduction, value in (("none", loss), ("mean", loss.mean()), ("sum", loss.sum())):
        report.compare(f"{prefix}.{reduction}", "loss", case.array(f"{prefix}.{reduction}"), value)
    key = f"{prefix}.sum.grad"
    # Recorded for some of the settings only.
    if case.has(key):
        report.compare(key, "grad", case.array(key), np.asarray(inputs.grad))
