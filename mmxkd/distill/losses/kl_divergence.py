"""Kullback-Leibler divergence between tempered class distributions."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import blank_invalid, broadcast_mask, masked_mean
from mmxkd.registry import MODELS

_MODES = ("forward_kl", "published")
_REDUCTIONS = ("batchmean", "mean")


def kl_divergence(
    student: Tensor, teacher: Tensor, valid: Tensor, temperature: float = 1.0, mode: str = "forward_kl", reduction: str = "batchmean"
) -> Tensor:
    """``T^2 * mean over valid positions of sum_k p_t (log p_t - log p_s)``, in float32.

    Args:
        student: logits (..., K).
        teacher: logits (..., K); -inf for a class that is ruled out.
        valid: bool, a prefix of (...).
        temperature: T divides both logits.
        mode: ``forward_kl``; ``published`` puts ``p_s`` where the divergence needs ``log p_s``, as
            hayatkhan8660-maker/DVFL-Net ``main_KD.py`` does (large and negative, its gradient about 1/K of the divergence's; NaN
            where ``p_t`` underflows).
        reduction: ``batchmean`` sums over classes; ``mean`` also divides by K.

    Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, section 2. Case: dvfl ``kd_loss``.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student logits {tuple(student.shape)}, teacher logits {tuple(teacher.shape)}: they must agree, classes last")
    divergence = divergences(blank_invalid(student, valid), blank_invalid(teacher, valid), temperature, mode)
    per_position = divergence.sum(-1) if reduction == "batchmean" else divergence.mean(-1)
    return masked_mean(per_position, broadcast_mask(valid, per_position))


def divergences(student: Tensor, teacher: Tensor, temperature: float = 1.0, mode: str = "forward_kl") -> Tensor:
    """Return what every class of logits (..., K) adds to ``kl_divergence``, T^2 included: (..., K) float32."""
    student, teacher = student.float() / temperature, teacher.float() / temperature
    if mode == "published":
        target = teacher.softmax(-1)
        return target * (target.log() - student.softmax(-1)) * temperature**2
    target = teacher.log_softmax(-1)
    divergence = F.kl_div(student.log_softmax(-1), target, reduction="none", log_target=True)
    # A class the teacher rules out (a logit of -inf, as of a store that keeps the top k) counts 0, not 0 * inf.
    return torch.where(target == -torch.inf, 0, divergence) * temperature**2


@MODELS.register_module()
class KLDivergence(nn.Module):
    """``kl_divergence`` as a loss of a term.

    Args:
        temperature: T > 0.
        mode: ``forward_kl`` or ``published``.
        reduction: ``batchmean`` or ``mean``.
    """

    def __init__(self, temperature: float = 1.0, mode: str = "forward_kl", reduction: str = "batchmean") -> None:
        super().__init__()
        if temperature <= 0 or mode not in _MODES or reduction not in _REDUCTIONS:
            raise ValueError(
                f"temperature={temperature}, mode={mode!r}, reduction={reduction!r}; accepted: temperature > 0, "
                f"mode in {_MODES}, reduction in {_REDUCTIONS}"
            )
        self.temperature, self.mode, self.reduction = temperature, mode, reduction

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar divergence of logits (..., K)."""
        return kl_divergence(student, teacher, valid, self.temperature, self.mode, self.reduction)
