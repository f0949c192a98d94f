"""Cosine distance between features."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import blank_invalid, broadcast_mask, masked_mean
from mmxkd.registry import MODELS


def cosine_distance(student: Tensor, teacher: Tensor, valid: Tensor, dim: int = -1) -> Tensor:
    """Average ``1 - cos(student, teacher)`` over valid positions, in float32.

    Args:
        student, teacher: features of one shape.
        valid: bool, a prefix of that shape without axis ``dim``.
        dim: the feature axis; -1 for (N, ..., D), 1 for maps (N, C, T, H, W).
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student features {tuple(student.shape)}, teacher features {tuple(teacher.shape)}: add a connector")
    student, teacher = (blank_invalid(side.float().movedim(dim, -1), valid) for side in (student, teacher))
    distance = 1 - F.cosine_similarity(student, teacher, dim=-1)
    return masked_mean(distance, broadcast_mask(valid, distance))


@MODELS.register_module()
class CosineDistance(nn.Module):
    """``cosine_distance`` as a loss of a term.

    Args:
        dim: the feature axis.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar distance of two features of one shape, (N, ...)."""
        return cosine_distance(student, teacher, valid, self.dim)
