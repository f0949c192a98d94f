"""Losses of a point detector, as pure functions without reduction.

Source: houzhijian/GroundNLQ ``libs/modeling/losses.py`` (after actionformer_release), fact sheet section 4; case ``losses``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

_TINY = 1e-8


def smooth_targets(targets: Tensor, smoothing: float) -> Tensor:
    """Return ``t (1 - e) + e / (K + 1)`` of targets (..., K)."""
    return targets * (1 - smoothing) + smoothing / (targets.shape[-1] + 1)


def sigmoid_focal_loss(logits: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """``alpha_t (1 - p_t)^gamma BCE`` for each logit, in float32; soft targets enter everywhere they stand.

    Args:
        logits, targets: one shape.
        alpha: weight of positives against ``1 - alpha``; below 0: no weighting.
        gamma: how much easy examples are turned down.

    Source: Lin et al., "Focal Loss for Dense Object Detection", 2017, equation 5.
    """
    logits, targets = logits.float(), targets.float()
    p = logits.sigmoid()
    p_t = p * targets + (1 - p) * (1 - targets)
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * (1 - p_t) ** gamma
    return loss if alpha < 0 else loss * (alpha * targets + (1 - alpha) * (1 - targets))


def boundary_iou(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return IoU (...) of windows given as distances (..., 2) from one point, and the length of their hull (...).

    Where a distance equals its target, the overlap has no gradient, as published.
    """
    pred, target = pred.float(), target.float()
    overlap = torch.where(pred < target, pred, target).sum(-1)
    union = pred.sum(-1) + target.sum(-1) - overlap
    return overlap / union.clamp(min=_TINY), torch.maximum(pred, target).sum(-1)


def iou_loss(pred: Tensor, target: Tensor) -> Tensor:
    """Return 1 - IoU (...) of distances (..., 2)."""
    return 1 - boundary_iou(pred, target)[0]


def diou_loss(pred: Tensor, target: Tensor) -> Tensor:
    """Return 1 - IoU + (distance of the middles / hull)^2 (...) of distances (..., 2) from one point.

    Source: Zheng et al., "Distance-IoU Loss", 2020, equation 7, in one dimension.
    """
    iou, hull = boundary_iou(pred, target)
    left, right = (pred.float() - target.float()).unbind(-1)
    return 1 - iou + ((right - left) / 2 / hull.clamp(min=_TINY)).square()
