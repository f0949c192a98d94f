"""Class weights of the text teachers' losses."""

import torch
from torch import Tensor


def balanced_class_weights(counts: Tensor, absent: float = 0.0) -> Tensor:
    """Return w_c = N / (K * n_c) float32 (C,): N records in all, n_c of class c, K classes that occur.

    Args:
        counts: (C,) records of every class.
        absent: weight of the classes that do not occur. The release's vector holds only those that do, and fails when one is absent.

    Source: ``sklearn.utils.compute_class_weight('balanced')`` as used by sayontang/Action_Anticipation; case: ``teacher_*``.
    """
    counts = counts.double()
    present = counts > 0
    weights = counts.sum() / (present.sum() * counts.clamp(min=1))
    return torch.where(present, weights, torch.full_like(weights, absent)).float()


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0) -> Tensor:
    """Return the cross entropy in float32, averaged with the weights of the labels' classes.

    Args:
        logits: (N, K).
        labels: (N,) int64; -1 marks an unlabelled sample, which contributes nothing.
        weights: (K,); ``None`` = all 1.
        label_smoothing: share of the target spread over all classes.

    Returns:
        A scalar; 0, still part of the graph, when nothing is labelled.
    """
    total = torch.nn.functional.cross_entropy(
        logits.float(), labels, weight=weights, ignore_index=-1, reduction="sum", label_smoothing=label_smoothing
    )
    known = labels >= 0
    mass = known.sum() if weights is None else torch.where(known, weights[labels.clamp(min=0)], weights.new_zeros(())).sum()
    return total / torch.where(mass > 0, mass, torch.ones_like(mass))
