"""Agreement about where answers start and end, at the points the teacher believes in."""

import torch
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import broadcast_mask
from mmxkd.errors import ConfigError
from mmxkd.models.point_losses import diou_loss
from mmxkd.registry import MODELS

_DISTANCES = ("diou", "l1")


def boundary_levels(
    student: Tensor,
    teacher: Tensor,
    valid: Tensor,
    scores: Tensor,
    mask: Tensor | None = None,
    threshold: float = 0.1,
    distance: str = "diou",
) -> Tensor:
    """``sum_i w_i d(student_i, teacher_i) / max(sum_i w_i, 1)`` over points, w the teacher's probability where it exceeds a threshold.

    Args:
        student, teacher: distances to start and end (N, L, 2) of one level, in its strides.
        valid: bool, a prefix of (N, L): what the teacher spoke about.
        scores: the teacher's logits (N, L, K) at the same points; the best class counts.
        mask: bool (N, L), True where the clip has features.
        threshold: probability up to which a point does not count.
        distance: ``diou``, or ``l1``, the mean of both absolute differences.

    Returns:
        A scalar; 0, still part of the graph, when no point counts.

    Source: weighting of soft boundaries as in Zheng et al., "Localization Distillation for Dense Object Detection", 2022, section 3.3;
    distance of "Distance-IoU Loss", 2020.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student distances {tuple(student.shape)}, teacher distances {tuple(teacher.shape)}: they must agree")
    belief = scores.float().sigmoid().amax(-1)
    counts = (belief > threshold) & broadcast_mask(valid, belief)
    if mask is not None:
        counts = counts & mask
    # Points that do not count may hold anything.
    student, teacher = (torch.where(counts[..., None], side.float(), 1) for side in (student, teacher))
    error = diou_loss(student, teacher) if distance == "diou" else (student - teacher).abs().mean(-1)
    weights = torch.where(counts, belief, 0)
    return (weights * error).sum() / weights.sum().clamp(min=1)


@MODELS.register_module()
class BoundaryLevels(nn.Module):
    """``boundary_levels`` as a loss of a term.

    ``student='reg/*', teacher='reg/*', inputs=dict(scores='teacher.cls/*', mask='student.mask/*')``.

    Args:
        threshold: 0 <= threshold < 1.
        distance: ``diou`` or ``l1``.

    Raises:
        ConfigError: a value out of range.
    """

    def __init__(self, threshold: float = 0.1, distance: str = "diou") -> None:
        super().__init__()
        if not 0 <= threshold < 1 or distance not in _DISTANCES:
            raise ConfigError(
                f"BoundaryLevels: threshold={threshold}, distance={distance!r}; accepted: 0 <= threshold < 1, distance in {_DISTANCES}"
            )
        self.threshold, self.distance = threshold, distance

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of distances (N, L, 2) of one level."""
        return boundary_levels(student, teacher, valid, scores, mask, self.threshold, self.distance)
