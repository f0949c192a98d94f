"""Task losses that several heads share, as pure functions."""

import torch
import torch.nn.functional as F
from torch import Tensor


def classification_loss(logits: Tensor, labels: Tensor, scores: Tensor | None = None, label_smoothing: float = 0.0) -> Tensor:
    """Cross entropy with hard, smoothed or soft targets, in float32 and averaged over the labelled samples.

    Args:
        logits: (N, K).
        labels: (N,) int64; -1 marks an unlabelled sample, which contributes nothing.
        scores: (N, K) soft targets that replace the labels: ``mean_n(-sum_k y_k log softmax(z)_k)``. A row of zeros is an
            unlabelled sample; mixing a labelled with an unlabelled one leaves a row whose sum is its labelled share.
        label_smoothing: applies to hard labels only.

    Returns:
        A scalar; 0, still part of the graph, when nothing is labelled.

    Source: soft-target cross entropy of timm, as used by hayatkhan8660-maker/DVFL-Net ``main_KD.py``.
    """
    logits = logits.float()
    if scores is not None:
        total = -(scores * F.log_softmax(logits, dim=-1)).sum()
        return total / (scores.sum(-1) > 0).sum().clamp(min=1)
    total = F.cross_entropy(logits, labels, reduction="sum", ignore_index=-1, label_smoothing=label_smoothing)
    return total / torch.sum(labels >= 0).clamp(min=1)
