"""Task losses of anticipation, as pure functions."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmxkd.structures import DataSample


def label_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross entropy of every entry, (...) float32, 0 where ``labels`` (...) is -1; ``logits`` are (..., K)."""
    return F.cross_entropy(logits.float().flatten(0, -2), labels.flatten(), ignore_index=-1, reduction="none").view_as(labels)


def label_loss(logits: Tensor, labels: Tensor, mean_over: str = "labelled") -> Tensor:
    """Average the cross entropy.

    Args:
        logits: (..., K).
        labels: (...) int64, -1 where there is no label.
        mean_over: ``labelled``: the mean over labelled entries (0, still part of the graph, when there are none); ``all``: unlabelled
            entries count 0 in it, as in facebookresearch/AVT ``func/train_eval_ops.py``, so that the loss shrinks with the share of gaps.
    """
    total = label_losses(logits, labels).sum()
    return total / (labels.numel() if mean_over == "all" else (labels >= 0).sum().clamp(min=1))


def feature_losses(predicted: Tensor, steps: Tensor, detach_target: bool = False) -> Tensor:
    """Return the squared errors (N, T - 1, C), float32, between what step t foretells and step t + 1.

    Args:
        predicted: (N, T', C), T' >= T - 1; what lies beyond the last step has no target.
        steps: (N, T, C).
        detach_target: keep the gradient from flowing into ``steps``. The published code lets it flow, so a trained backbone is also drawn
            towards features that are easy to foretell.
    """
    target = steps[:, 1:].float()
    target = target.detach() if detach_target else target
    return (predicted[:, : target.shape[1]].float() - target).square()


def feature_loss(predicted: Tensor, steps: Tensor, detach_target: bool = False) -> Tensor:
    """Average ``feature_losses`` over all (N, T - 1, C); 0, still part of the graph, for a single step."""
    squared = feature_losses(predicted, steps, detach_target)
    return squared.sum() / max(squared.numel(), 1)


def gather_labels(samples: Sequence[DataSample], name: str, device: torch.device) -> Tensor:
    """Stack the samples' field ``name``: (N, ...) int64.

    Raises:
        ValueError: a sample has no such field, naming it.
    """
    for sample in samples:
        if name not in sample:
            raise ValueError(f"sample {sample.get('uid')!r} has no {name!r}, which a loss of the model needs")
    return torch.stack([sample.get(name) for sample in samples]).to(device)
