"""Kullback-Leibler divergence over the classes that the teacher's order picks out."""

import torch
from torch import Tensor, nn

from mmxkd.distill.losses.kl_divergence import kl_divergence
from mmxkd.registry import MODELS

_MODES = ("full", "top_k", "top_mid_bottom")
_REDUCTIONS = ("batchmean", "mean")


def select_classes(teacher: Tensor, mode: str, k: int) -> Tensor:
    """Return the classes (..., k or 3 k) int64 compared: places in the teacher's order, ties in any order.

    Args:
        teacher: logits (..., K).
        mode: ``top_k``: the k largest; ``top_mid_bottom``: the k smallest, the k around the middle, the k largest.
        k: of each of them.

    Raises:
        ValueError: fewer than k (3 k) classes.
    """
    classes, needed = teacher.shape[-1], k if mode == "top_k" else 3 * k
    if needed > classes:
        raise ValueError(f"mode={mode!r} with k={k} picks {needed} classes, the logits have {classes}")
    if mode == "top_k":
        return teacher.topk(k, -1).indices
    order = teacher.argsort(-1)
    start, stop = (classes - k) // 2, (classes + k) // 2
    return torch.cat([order[..., :k], order[..., start:stop], order[..., classes - k :]], -1)


def class_subset_kl(
    student: Tensor, teacher: Tensor, valid: Tensor, temperature: float, mode: str = "full", k: int = 50, reduction: str = "batchmean"
) -> Tensor:
    """``kl_divergence`` of both sides' softmax over some classes only, each renormalised over them, in float32.

    Args:
        student, teacher: logits (..., K).
        valid: bool, a prefix of (...).
        temperature: T divides both logits; the divergence is multiplied by T^2.
        mode: ``full`` or see ``select_classes``.
        k: see ``select_classes``.
        reduction: ``batchmean`` sums over the classes compared; ``mean`` averages over them, as published.

    Source: "Text-Derived Knowledge Helps Vision", 2023, section 3; sayontang/Action_Anticipation
    ``student/AVT-main/func/train_eval_ops.py``. Case: anticipation ``kd_losses``.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student logits {tuple(student.shape)}, teacher logits {tuple(teacher.shape)}: they must agree, classes last")
    if mode != "full":
        classes = select_classes(teacher, mode, k)
        student, teacher = student.gather(-1, classes), teacher.gather(-1, classes)
    return kl_divergence(student, teacher, valid, temperature, reduction=reduction)


@MODELS.register_module()
class ClassSubsetKL(nn.Module):
    """``class_subset_kl`` as a loss of a term.

    Args:
        temperature: T > 0.
        mode: ``full``, ``top_k`` or ``top_mid_bottom``.
        k: classes per group, at least 1; not read in mode ``full``.
        reduction: ``batchmean`` or ``mean``. The published weights go with ``mean``: over K classes a weight w of it is a weight of
            w / K of ``batchmean`` (150 over 106 classes: 1.42; 20 over 50: 0.4).
    """

    def __init__(self, temperature: float = 1.0, mode: str = "full", k: int = 50, reduction: str = "batchmean") -> None:
        super().__init__()
        if temperature <= 0 or mode not in _MODES or k < 1 or reduction not in _REDUCTIONS:
            raise ValueError(
                f"temperature={temperature}, mode={mode!r}, k={k}, reduction={reduction!r}; accepted: temperature > 0, mode in {_MODES}, "
                f"k of at least 1, reduction in {_REDUCTIONS}"
            )
        self.temperature, self.mode, self.k, self.reduction = temperature, mode, k, reduction

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar divergence of logits (..., K)."""
        return class_subset_kl(student, teacher, valid, self.temperature, self.mode, self.k, self.reduction)
