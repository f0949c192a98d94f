"""Agreement about which points of a pyramid hold an answer."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import broadcast_mask
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

_REDUCTIONS = ("mass", "mean")


def score_levels(
    student: Tensor,
    teacher: Tensor,
    valid: Tensor,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    gamma: float = 0.0,
    reduction: str = "mass",
) -> Tensor:
    """``T^2 |p_t - p_s|^gamma KL(p_t || p_s)`` of the Bernoulli probabilities p of each point and class, in float32.

    Nearly all points answer no, so that a plain mean would be about nothing: ``mass`` divides the sum by the teacher's expected number
    of answers on the level instead, at least 1.

    Args:
        student, teacher: logits (N, L, K) of one level.
        valid: bool, a prefix of (N, L, K): what the teacher spoke about.
        mask: bool (N, L), True where the clip has features.
        temperature: T divides both logits.
        gamma: how much points that already agree are turned down; 0: not at all.
        reduction: ``mass``, or ``mean`` over valid points and classes.

    Returns:
        A scalar; 0, still part of the graph, when nothing is valid.

    Source: Hinton et al., 2015, with the sigmoid in place of the softmax; the factor is that of Li et al., "Generalized Focal Loss",
    2020, equation 2.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student scores {tuple(student.shape)}, teacher scores {tuple(teacher.shape)}: they must agree")
    counts = broadcast_mask(valid, student)
    if mask is not None:
        counts = counts & broadcast_mask(mask, student)
    student = torch.where(counts, student.float(), 0) / temperature
    teacher = torch.where(counts, teacher.float(), 0) / temperature
    target = teacher.sigmoid()
    divergence = target * (F.logsigmoid(teacher) - F.logsigmoid(student)) + (1 - target) * (F.logsigmoid(-teacher) - F.logsigmoid(-student))
    if gamma > 0:
        divergence = divergence * (target - student.sigmoid()).abs() ** gamma
    amount = torch.where(counts, target, 0).sum() if reduction == "mass" else counts.sum()
    return torch.where(counts, divergence, 0).sum() / amount.clamp(min=1) * temperature**2


@MODELS.register_module()
class ScoreLevels(nn.Module):
    """``score_levels`` as a loss of a term: ``student='cls/*', teacher='cls/*', inputs=dict(mask='student.mask/*')``.

    Args:
        temperature: T > 0.
        gamma: at least 0.
        reduction: ``mass`` or ``mean``.

    Raises:
        ConfigError: a value out of range.
    """

    def __init__(self, temperature: float = 1.0, gamma: float = 0.0, reduction: str = "mass") -> None:
        super().__init__()
        if temperature <= 0 or gamma < 0 or reduction not in _REDUCTIONS:
            raise ConfigError(
                f"ScoreLevels: temperature={temperature}, gamma={gamma}, reduction={reduction!r}; accepted: temperature > 0, gamma >= 0, "
                f"reduction in {_REDUCTIONS}"
            )
        self.temperature, self.gamma, self.reduction = temperature, gamma, reduction

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of logits (N, L, K) of one level."""
        return score_levels(student, teacher, valid, mask, self.temperature, self.gamma, self.reduction)
