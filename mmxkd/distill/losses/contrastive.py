"""Contrast within the batch: a student token is to be nearest to its teacher's token among all tokens at the same position."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import masked_mean
from mmxkd.distill.losses.token_mask import blank, check_tokens, token_mask
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

_REDUCTIONS = ("mean", "published")
_EPS = 1e-8


def in_batch_contrast(
    student: Tensor,
    teacher: Tensor,
    valid: Tensor,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Average NT-Xent over positions, in float32.

    At every position the 2N vectors of both sides are compared by cosine; the positive of a row is the other side's vector of the same
    sample, its own is left out, all others are negatives. One batched product serves all positions.

    Args:
        student: (N, L, D).
        teacher: (N, L, D).
        valid: bool (N,) or (N, L); what is not valid is neither row nor negative.
        mask: (N, L), non-zero at tokens, to leave padding out; ``None`` counts it in.
        temperature: divides the similarities.
        reduction: ``mean`` over the rows of a position; ``published`` divides by their number once more, as released.

    Returns:
        A scalar, mean over positions with a valid sample; 0 for a single sample, which has no negatives.

    Source: Chen et al., SimCLR, 2020, equation 1; zinengtang/VidLanKD ``vlm/model.py`` (there called CRD). Cases: vidlankd ``losses``,
    ``student``.
    """
    check_tokens(student, teacher)
    with torch.autocast(student.device.type, enabled=False):
        kept = token_mask(student, valid, mask)
        vectors = torch.cat([blank(student, kept), blank(teacher, kept)]).transpose(0, 1)  # (L, 2N, D)
        vectors = F.normalize(vectors, dim=2, eps=_EPS)
        rows = kept.repeat(2, 1).T  # (L, 2N)
        similarity = vectors @ vectors.transpose(1, 2) / temperature
        size = similarity.shape[1]
        positive = similarity.diagonal(size // 2, 1, 2).repeat(1, 2)
        itself = torch.eye(size, dtype=torch.bool, device=student.device)
        # The least finite number: a row of which nothing is left must not turn into NaN in the backward pass.
        logits = similarity.masked_fill(itself | ~rows.unsqueeze(1), torch.finfo(torch.float32).min)
        losses = torch.where(rows, logits.logsumexp(2) - positive, 0).sum(1)
        counts = rows.sum(1).clamp(min=1)
        losses = losses / (counts.square() if reduction == "published" else counts)
        return masked_mean(losses, rows.any(1))


@MODELS.register_module()
class InBatchContrast(nn.Module):
    """``in_batch_contrast`` as a loss of a term; ``inputs=dict(mask='student.mask')`` leaves padding out.

    Args:
        temperature: > 0.
        reduction: ``mean`` or ``published``.

    Raises:
        ConfigError: a value out of range.
    """

    def __init__(self, temperature: float = 1.0, reduction: str = "mean") -> None:
        super().__init__()
        if temperature <= 0 or reduction not in _REDUCTIONS:
            raise ConfigError(
                f"InBatchContrast.temperature={temperature}, reduction={reduction!r}; accepted: temperature > 0, reduction in {_REDUCTIONS}"
            )
        self.temperature, self.reduction = temperature, reduction

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of tokens (N, L, D)."""
        return in_batch_contrast(student, teacher, valid, mask, self.temperature, self.reduction)
