"""One list of windows from those of several models.

A window is (start, end, score), seconds. Source of the published recipe: houzhijian/GroundNLQ, ensemble script (fact sheet section 8).
"""

from collections.abc import Sequence

import numpy as np

from mmxkd.evaluation.grounding import hull_iou

Scored = tuple[float, float, float]


def suppress_overlaps(windows: Sequence[Sequence[float]], threshold: float = 0.5, keep: int = 5) -> list[Scored]:
    """Return the best windows none of which overlaps a better one by an IoU above ``threshold``, best first.

    Args:
        windows: (start, end, score), in any order; of equal scores the earlier one is the better.
        threshold: IoU over the hull.
        keep: at most so many.
    """
    if not windows:
        return []
    array = np.array([window[:3] for window in windows], dtype=np.float64)
    array = array[np.argsort(-array[:, 2], kind="stable")]
    kept: list[Scored] = []
    while len(array) and len(kept) < keep:
        kept.append((float(array[0, 0]), float(array[0, 1]), float(array[0, 2])))
        array = array[1:][hull_iou(array[1:, :2], array[0, :2]) <= threshold]
    return kept


def cluster_by_centre(windows: Sequence[Sequence[float]], gap: float = 2.0, merge_equal: bool = False) -> list[list[Scored]]:
    """Return groups of windows whose centres follow each other closer than ``gap`` seconds, in order of time.

    Args:
        windows: (start, end, score).
        gap: seconds.
        merge_equal: of windows with one and the same centre keep only the last, as the release does.
    """
    ordered = sorted(((w[0] + w[1]) / 2, number) for number, w in enumerate(windows))
    if merge_equal:
        ordered = sorted(dict(ordered).items())
    groups: list[list[Scored]] = []
    last = -np.inf
    for centre, number in ordered:
        if not groups or centre - last >= gap:
            groups.append([])
        start, end, score = windows[number][:3]
        groups[-1].append((start, end, score))
        last = centre
    return groups


def propose(group: Sequence[Scored]) -> tuple[float, float, float, float]:
    """Return (start, end, mean score, summed score) that stands for a group: the mean of its best and its middle member.

    The middle of an even number is the better of the two, the left one where they are equal.
    """
    best = max(group, key=lambda window: window[2])
    half = len(group) // 2
    middle = group[half] if len(group) % 2 else max(group[half - 1 : half + 1], key=lambda window: window[2])
    start, end, score = ((one + other) / 2 for one, other in zip(best, middle, strict=True))
    return start, end, score, sum(window[2] for window in group)


def agree_on_first(
    windows: Sequence[Sequence[float]], gap: float = 2.0, merge_equal: bool = False
) -> list[tuple[float, float, float, float]]:
    """Return a proposal (``propose``) for every group of the models' first windows, the highest summed score first."""
    return sorted((propose(group) for group in cluster_by_centre(windows, gap, merge_equal)), key=lambda proposal: -proposal[3])


def fuse_windows(
    predictions: Sequence[Sequence[Sequence[float]]],
    *,
    pool: int = 4,
    keep: int = 5,
    threshold: float = 0.5,
    gap: float = 2.0,
    published: bool = False,
) -> list[Scored]:
    """Return one query's windows from those of several models.

    The models' first windows are grouped by their centres; each group's proposal joins the first ``pool`` windows of every model, and
    overlaps are suppressed. A proposal's score is the mean over all models of the summed score, so that agreement counts.

    Args:
        predictions: per model, (start, end, score), best first.
        pool: windows taken from each model.
        keep: windows returned, fewer where there are not so many.
        threshold: of ``suppress_overlaps``.
        gap: of ``cluster_by_centre``, seconds.
        published: as the release: windows of one centre overwrite each other, a proposal counts with the mean of two members'
            scores, whoever else agrees, and the last window is repeated up to ``keep``.
    """
    proposals = agree_on_first([windows[0] for windows in predictions if len(windows)], gap, merge_equal=published)
    pooled = [tuple(window[:3]) for windows in predictions for window in windows[:pool]]
    pooled += [(start, end, mean if published else total / len(predictions)) for start, end, mean, total in proposals]
    kept = suppress_overlaps(pooled, threshold, keep)
    return kept + kept[-1:] * (keep - len(kept)) if published else kept
