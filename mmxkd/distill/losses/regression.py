"""Regression of token directions."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import masked_mean
from mmxkd.distill.losses.token_mask import blank, check_tokens, token_mask
from mmxkd.registry import MODELS


def token_regression(student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None, token_norm: bool = True) -> Tensor:
    """Average the squared L2 distance between token vectors over valid tokens, in float32.

    Args:
        student: (N, L, D).
        teacher: (N, L, D).
        valid: bool (N,) or (N, L).
        mask: (N, L), non-zero at tokens, to leave padding out.
        token_norm: whether token vectors are L2-normalised first; the distance is then 2 - 2 cos.

    Source: the squared-L2 regression of zinengtang/VidLanKD's history.
    """
    check_tokens(student, teacher)
    kept = token_mask(student, valid, mask)
    student, teacher = blank(student, kept), blank(teacher, kept)
    if token_norm:
        student, teacher = F.normalize(student, dim=2), F.normalize(teacher, dim=2)
    return masked_mean((student - teacher).square().sum(2), kept)


@MODELS.register_module()
class TokenRegression(nn.Module):
    """``token_regression`` as a loss of a term; ``inputs=dict(mask='student.mask')`` leaves padding out.

    Args:
        token_norm: whether token vectors are L2-normalised first.
    """

    def __init__(self, token_norm: bool = True) -> None:
        super().__init__()
        self.token_norm = token_norm

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of tokens (N, L, D)."""
        return token_regression(student, teacher, valid, mask, self.token_norm)
