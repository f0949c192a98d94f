"""From logits and distances to windows in seconds, in NumPy.

Source: houzhijian/GroundNLQ, fact sheet section 6; cases ``labels_decode*`` and ``nms``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmxkd.errors import ConfigError
from mmxkd.models.grounding.nms import hard_nms, soft_nms, vote

_METHODS = ("soft", "hard", "none")


class Moments(NamedTuple):
    """Windows (n, 2), scores (n,), 0..1, and classes (n,) int64."""

    windows: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def take(self, index: np.ndarray | slice) -> "Moments":
        """Return a selection."""
        return Moments(*(field[index] for field in self))


@dataclass(frozen=True)
class PostProcess:
    """How candidates become the answer to a question.

    Attributes:
        pre_nms_thresh: scores at or below are dropped.
        pre_nms_topk: candidates kept per level.
        duration_thresh: windows not longer than this, in features, are dropped.
        nms: ``soft`` (Gaussian), ``hard``, or ``none``, which leaves all candidates in the order of the levels.
        iou_threshold: of hard suppression.
        sigma: of soft suppression.
        min_score: see ``hard_nms`` and ``soft_nms``.
        max_windows: answers per question.
        multiclass: suppress within classes; voting does not take place then.
        voting_thresh: without ``multiclass``, windows become the mean of what overlaps them by this much; 0: they stay.
        half_window_shift: add half a feature window when turning to seconds, as published. Training targets have no such term, so it
            puts windows 0.267 s late at Ego4D's rate.
    """

    pre_nms_thresh: float = 0.001
    pre_nms_topk: int = 2000
    duration_thresh: float = 0.001
    nms: str = "soft"
    iou_threshold: float = 0.1
    sigma: float = 0.75
    min_score: float = 0.001
    max_windows: int = 5
    multiclass: bool = True
    voting_thresh: float = 0.0
    half_window_shift: bool = False

    def __post_init__(self) -> None:
        """Check the values; raises ``ConfigError`` naming the key."""
        if self.nms not in _METHODS:
            raise ConfigError(f"post_process.nms={self.nms!r}; accepted: {', '.join(_METHODS)}")
        for key in ("pre_nms_topk", "max_windows", "sigma"):
            if getattr(self, key) <= 0:
                raise ConfigError(f"post_process.{key}={getattr(self, key)}; accepted: above 0")

    def decode(
        self, logits: Sequence[np.ndarray], distances: Sequence[np.ndarray], masks: Sequence[np.ndarray], strides: Sequence[float]
    ) -> Moments:
        """Return the candidates of one question, level after level, best first in each, in units of the feature grid.

        Args:
            logits: (T_l, K) of each level.
            distances: (T_l, 2) left and right, in strides.
            masks: bool (T_l,).
            strides: of the levels.
        """
        levels = [self._decode_level(*level) for level in zip(logits, distances, masks, strides, strict=True)]
        return Moments(*(np.concatenate(fields) for fields in zip(*levels, strict=True)))

    def _decode_level(self, logits: np.ndarray, distances: np.ndarray, mask: np.ndarray, stride: float) -> Moments:
        with np.errstate(over="ignore"):
            scores = ((1 / (1 + np.exp(-logits.astype(np.float32)))) * mask[:, None]).reshape(-1)
        index = np.flatnonzero(scores > self.pre_nms_thresh)
        index = index[np.argsort(-scores[index], kind="stable")[: self.pre_nms_topk]]
        point, label = np.divmod(index, logits.shape[1])
        reach = distances[point].astype(np.float32) * np.float32(stride)
        middle = point.astype(np.float32) * np.float32(stride)
        windows = np.stack([middle - reach[:, 0], middle + reach[:, 1]], axis=1)
        long_enough = windows[:, 1] - windows[:, 0] > self.duration_thresh
        return Moments(windows, scores[index], label).take(long_enough)

    def suppress(self, moments: Moments) -> Moments:
        """Return the answer: what suppression (and voting) leaves of the candidates, best first, at most ``max_windows``."""
        if self.nms == "none" or not len(moments.scores):
            return moments
        if self.multiclass and moments.labels.min() != moments.labels.max():
            kept = [self._suppress_class(moments.take(moments.labels == label)) for label in np.unique(moments.labels)]
            answer = Moments(*(np.concatenate(fields) for fields in zip(*kept, strict=True)))
        else:
            answer = self._suppress_class(moments)
            if self.voting_thresh > 0 and not self.multiclass:
                answer = answer._replace(windows=vote(answer.windows, moments.windows, moments.scores, self.voting_thresh))
        return answer.take(np.argsort(-answer.scores, kind="stable")[: self.max_windows])

    def _suppress_class(self, moments: Moments) -> Moments:
        windows, scores = moments.windows, moments.scores
        if self.nms == "hard":
            return moments.take(hard_nms(windows, scores, self.iou_threshold, self.min_score, self.max_windows))
        index, lowered = soft_nms(windows, scores, self.sigma, self.min_score, self.max_windows)
        return moments.take(index)._replace(scores=lowered)

    def to_seconds(self, windows: np.ndarray, feat_stride: float, feat_num_frames: float, fps: float, duration: float) -> np.ndarray:
        """Turn windows (n, 2) on the feature grid into seconds within [0, duration], float32.

        Args:
            feat_stride: frames from feature to feature.
            feat_num_frames: frames a feature looks at.
            fps: frames per second.
            duration: of the clip, in seconds.
        """
        shift = 0.5 * feat_num_frames if self.half_window_shift else 0.0
        return np.clip((windows * np.float32(feat_stride) + np.float32(shift)) / np.float32(fps), 0, np.float32(duration))
