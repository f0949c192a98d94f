"""Kullback-Leibler divergence over a teacher's k best classes and one bucket for all others."""

import torch
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import broadcast_mask, masked_mean
from mmxkd.registry import MODELS


def bucket_kl_divergence(student: Tensor, values: Tensor, ids: Tensor, rest: Tensor, valid: Tensor, temperature: float = 1.0) -> Tensor:
    """``T^2 * mean over valid samples of KL`` between distributions over k + 1 outcomes, in float32.

    The teacher's are its k best classes and ``rest``; the student's are the same classes and the sum over all others, so that how the
    student spreads that sum is left to it. A lower bound of the divergence over all K classes; equal to it at k = K - 1.

    Args:
        student: logits (N, K).
        values: the teacher's k largest logits (N, k).
        ids: their classes (N, k) int64.
        rest: probability (N,) of all others at ``temperature``.
        valid: bool (N,).
        temperature: T divides the logits; must be the one ``rest`` was measured at.
    """
    log_q = (student.float() / temperature).log_softmax(-1)
    kept_q = log_q.gather(1, ids)
    others = torch.ones_like(log_q, dtype=torch.bool).scatter(1, ids, False)
    rest_q = log_q.masked_fill(~others, -torch.inf).logsumexp(1)
    tiny = torch.finfo(torch.float32).tiny
    # What is invalid may be anything, and zero times NaN is no zero gradient.
    values, rest = values.masked_fill(~valid.unsqueeze(1), 0), rest.masked_fill(~valid, 0).float().clamp(0.0, 1.0)
    log_p = (values.float() / temperature).log_softmax(-1) + (1 - rest).clamp(min=tiny).log().unsqueeze(1)
    divergence = (log_p.exp() * (log_p - kept_q)).sum(1) + rest * (rest.clamp(min=tiny).log() - rest_q)
    return masked_mean(divergence, broadcast_mask(valid, divergence)) * temperature**2


@MODELS.register_module()
class BucketKL(nn.Module):
    """``bucket_kl_divergence`` as a loss of a term whose teacher is a top-k store.

    Write ``student='logits', teacher='logits/values', inputs=dict(ids='teacher.logits/ids', rest='teacher.logits/rest')``.

    Args:
        temperature: T > 0, the store's.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature={temperature}; accepted: above 0")
        self.temperature = temperature

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, ids: Tensor, rest: Tensor) -> Tensor:
        """Return the scalar divergence of student logits (N, K) from the teacher's k largest (N, k)."""
        return bucket_kl_divergence(student, teacher, ids, rest, valid, self.temperature)
