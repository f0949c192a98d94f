"""Neuron selectivity transfer: the maximum mean discrepancy between the activation patterns of two sets of hidden units."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.token_mask import blank, check_tokens, token_mask
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

_REDUCTIONS = ("mean", "published")


def selectivity_distance(student: Tensor, teacher: Tensor, teacher_term: bool = True) -> Tensor:
    """Return the squared discrepancy under the kernel ``<a, b>^2`` between two sets of unit vectors, one value per sample.

    The units' patterns over the positions are L2-normalised to S and T. With the Gram matrices ``A = S^T S / D_s``, ``C = T^T T / D_t``
    over the positions, the means over pairs of units are sums over pairs of positions, ``mean <S_a, T_b>^2 = sum(A * C)``: L x L numbers
    take the place of D_s x D_t x L.

    Args:
        student: (N, L, D_s).
        teacher: (N, L, D_t).
        teacher_term: whether the teacher-teacher mean is added. Without it the value may be negative; gradients are the same.

    Returns:
        (N,) float32, also under autocast.
    """
    with torch.autocast(student.device.type, enabled=False):
        patterns = [F.normalize(side.float(), dim=1) / side.shape[2] ** 0.5 for side in (student, teacher)]
        own, other = (side @ side.transpose(1, 2) for side in patterns)
        distance = (own * (own - 2 * other)).sum((1, 2))
        return distance + other.square().sum((1, 2)) if teacher_term else distance


def nst(
    student: Tensor,
    teacher: Tensor,
    valid: Tensor,
    mask: Tensor | None = None,
    reduction: str = "mean",
    token_norm: bool = True,
    teacher_term: bool = True,
) -> Tensor:
    """Reduce ``selectivity_distance`` of token features over the batch.

    Args:
        student: (N, L, D_s).
        teacher: (N, L, D_t).
        valid: bool (N,) or (N, L).
        mask: (N, L), non-zero at tokens, to leave padding out; ``None`` counts it in.
        reduction: ``mean`` over samples with a valid token; ``published``: the sum over samples divided by L, as released.
        token_norm: whether every token vector is L2-normalised first.
        teacher_term: see ``selectivity_distance``; ``False`` as released.

    Source: Huang and Wang, "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer", 2017, section 4.2 (polynomial
    kernel, d = 2, c = 0); zinengtang/VidLanKD ``vlm/model.py``. Cases: vidlankd ``losses``, ``student``.
    """
    check_tokens(student, teacher, same_width=False)
    kept = token_mask(student, valid, mask)
    student, teacher = blank(student, kept), blank(teacher, kept)
    if token_norm:
        student, teacher = F.normalize(student, dim=2), F.normalize(teacher, dim=2)
    distances = selectivity_distance(student, teacher, teacher_term)
    samples = kept.any(1)
    count = samples.sum().clamp(min=1) if reduction == "mean" else student.shape[1]
    return torch.where(samples, distances, 0).sum() / count


@MODELS.register_module()
class NST(nn.Module):
    """``nst`` as a loss of a term; ``inputs=dict(mask='student.mask')`` leaves padding out.

    Args:
        reduction: ``mean`` or ``published``.
        token_norm: whether token vectors are L2-normalised first.
        teacher_term: whether the teacher-teacher mean is added.

    Raises:
        ConfigError: another reduction.
    """

    def __init__(self, reduction: str = "mean", token_norm: bool = True, teacher_term: bool = True) -> None:
        super().__init__()
        if reduction not in _REDUCTIONS:
            raise ConfigError(f"NST.reduction={reduction!r}; accepted: {_REDUCTIONS}")
        self.reduction, self.token_norm, self.teacher_term = reduction, token_norm, teacher_term

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of tokens (N, L, D)."""
        return nst(student, teacher, valid, mask, self.reduction, self.token_norm, self.teacher_term)
