"""The sample that travels from data set to metric."""

from collections.abc import Sequence

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor


class DataSample(BaseDataElement):
    """Labels and predictions of one sample.

    Data fields (tensors, moved with ``.to()``): ``gt_label`` int64 scalar, -1 where unlabelled; ``gt_score`` (K,) float, a soft
    target that replaces ``gt_label`` in the task loss; ``pred_score`` (K,) float, probabilities; ``pred_label`` int64 scalar.

    Meta fields (plain values): ``uid`` str, unique in its data set; ``index`` int, row in the data set; ``epoch`` int, how often
    the data set has been gone through before; ``position`` int, place in the epoch's global order; ``seed`` int, the run's;
    ``timing`` dict[str, float], seconds of each transform; ``broken`` list[str], files that could not be read on the way (their
    replacement, or zeros in testing, is what the inputs show).
    """


def gather_targets(samples: Sequence[DataSample], device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Return labels (N,) int64 and, where mixing wrote them, soft targets (N, K)."""
    labels = torch.stack([sample.gt_label.reshape(()) for sample in samples]).to(device)
    scores = torch.stack([sample.gt_score for sample in samples]).to(device) if "gt_score" in samples[0] else None
    return labels, scores


def write_scores(samples: Sequence[DataSample], scores: Tensor) -> list[DataSample]:
    """Write ``scores`` (N, K), probabilities, into the samples as ``pred_score`` and ``pred_label``."""
    for sample, score in zip(samples, scores, strict=True):
        sample.pred_score, sample.pred_label = score, score.argmax()
    return list(samples)
