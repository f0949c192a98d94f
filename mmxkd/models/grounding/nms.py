"""Non-maximum suppression of windows, in NumPy: as many rounds as windows are wanted, none after that.

Greedy picks come in descending order of score, so that stopping early changes nothing. Windows are (n, 2) float, scores (n,); lengths
get 1e-6 inside the IoU. Source: houzhijian/GroundNLQ ``libs/utils/nms.py`` and its C++, fact sheet section 6; case ``nms``.
"""

import numpy as np

_EPS = np.float32(1e-6)
_DECAYS = ("hard", "linear", "gaussian")
#: Below this share of live candidates the arrays are compacted.
_COMPACT = 0.5
#: Up to so many picks are first looked for among the best candidates alone.
_FEW, _BEST = 64, 128


def overlap(window: np.ndarray, windows: np.ndarray, lengths: np.ndarray, length: np.floating) -> np.ndarray:
    """Return the IoU (n,) of one window (2,) with ``windows`` (n, 2), lengths given."""
    shared = np.minimum(windows[:, 1], window[1])
    shared -= np.maximum(windows[:, 0], window[0])
    np.maximum(shared, 0, out=shared)
    return shared / (lengths + length - shared)


def hard_nms(windows: np.ndarray, scores: np.ndarray, iou_threshold: float, min_score: float = 0.0, limit: int | None = None) -> np.ndarray:
    """Return the indices of the windows kept, best first.

    Args:
        windows, scores: candidates; of equal scores the first counts as better.
        iou_threshold: what overlaps a kept window by at least this is dropped.
        min_score: candidates that do not exceed it do not take part; 0 lets all in.
        limit: how many are kept at most.
    """
    order = np.argsort(-scores, kind="stable")
    if min_score > 0:
        order = order[scores[order] > min_score]
    windows = windows[order]
    lengths = windows[:, 1] - windows[:, 0] + _EPS
    kept: list[int] = []
    while len(order) and (limit is None or len(kept) < limit):
        kept.append(int(order[0]))
        iou = overlap(windows[0], windows[1:], lengths[1:], lengths[0])
        stays = iou < iou_threshold
        order, windows, lengths = order[1:][stays], windows[1:][stays], lengths[1:][stays]
    return np.array(kept, dtype=np.int64)


def soft_nms(
    windows: np.ndarray,
    scores: np.ndarray,
    sigma: float = 0.5,
    min_score: float = 0.001,
    limit: int | None = None,
    decay: str = "gaussian",
    iou_threshold: float = 0.3,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the windows picked, best first, and the scores they were picked with.

    Each pick lowers the scores of what overlaps it: ``gaussian`` by ``exp(-IoU^2 / sigma)``; from ``iou_threshold`` on ``linear`` by
    ``1 - IoU``, ``hard`` to 0. The first pick always counts, the others as long as they reach ``min_score``.

    Args:
        windows, scores: candidates; of equal scores the first counts as better.
        sigma: width of the Gaussian.
        min_score: scores below are dropped.
        limit: how many are picked at most.
        decay: ``gaussian``, ``linear`` or ``hard``.
        iou_threshold: not used by ``gaussian``.

    Source: Bodla et al., "Soft-NMS", 2017, equations 2 and 3.
    """
    if decay not in _DECAYS:
        raise ValueError(f"decay={decay!r}; accepted: {', '.join(_DECAYS)}")
    settings = (sigma, min_score, limit, decay, iou_threshold)
    if limit is not None and limit <= _FEW and len(scores) > 4 * _BEST:
        # Scores only fall, so that what lies below the last pick from the start cannot have come in between.
        parts = np.argpartition(scores, len(scores) - _BEST)
        best, bound = np.sort(parts[-_BEST:]), scores[parts[:-_BEST]].max()
        index, values = _pick(windows[best], scores[best], *settings)
        if len(values) == limit and values[-1] > bound:
            return best[index], values
    return _pick(windows, scores, *settings)


def _pick(
    windows: np.ndarray, scores: np.ndarray, sigma: float, min_score: float, limit: int | None, decay: str, iou_threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pick one window after the other; see ``soft_nms``."""
    alive = np.arange(len(scores))
    scores, starts, ends = scores.astype(np.float32), windows[:, 0], windows[:, 1]
    lengths = ends - starts + _EPS
    picked: list[int] = []
    values: list[float] = []
    live = len(scores)
    while live and (limit is None or len(picked) < limit):
        best = int(scores.argmax())
        value = scores[best]
        if picked and value < min_score:
            break
        picked.append(int(alive[best]))
        values.append(float(value))
        # Only what overlaps the pick changes.
        near = np.flatnonzero((starts < ends[best]) & (ends > starts[best]))
        iou = np.minimum(ends[near], ends[best]) - np.maximum(starts[near], starts[best])
        iou /= lengths[near] + lengths[best] - iou
        scores[near] *= _factors(iou, sigma, decay, iou_threshold)
        scores[best] = -np.inf
        if limit is None or limit > _FEW:
            stays = scores >= min_score
            live = int(stays.sum())
            if live < _COMPACT * len(scores):
                alive, scores, starts, ends, lengths = (array[stays] for array in (alive, scores, starts, ends, lengths))
    return np.array(picked, dtype=np.int64), np.array(values, dtype=np.float32)


def _factors(iou: np.ndarray, sigma: float, decay: str, threshold: float) -> np.ndarray:
    if decay == "gaussian":
        return np.exp(iou * iou * np.float32(-1 / sigma))
    return np.where(iou < threshold, np.float32(1), np.float32(0) if decay == "hard" else 1 - iou)


def vote(kept: np.ndarray, windows: np.ndarray, scores: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Replace each of ``kept`` (m, 2) by the mean of all candidates that overlap it by ``iou_threshold`` or more.

    Weights are score times IoU, with the scores candidates had before suppression; no 1e-6 in this IoU.
    """
    shared = np.minimum(kept[:, None, 1], windows[None, :, 1]) - np.maximum(kept[:, None, 0], windows[None, :, 0])
    shared = np.maximum(shared, 0)
    lengths = windows[:, 1] - windows[:, 0]
    iou = shared / (lengths + (kept[:, 1] - kept[:, 0])[:, None] - shared)
    weights = np.where(iou >= iou_threshold, iou, 0) * scores
    return (weights @ windows / weights.sum(1, keepdims=True)).astype(windows.dtype)
