"""Windows in seconds and on the grid of features, and their widening for pre-training."""

import random
from collections.abc import Sequence

import numpy as np

from mmxkd.datasets.grounding.queries import Window


def to_grid(windows: Sequence[Window] | np.ndarray, fps: float, stride: float) -> np.ndarray:
    """Return windows (n, 2) float64 in units of features: seconds * fps / stride, where ``stride`` is the frames between two features.

    There is no offset of half a feature window, while decoding adds one (``PostProcess``): the published convention.
    Source: houzhijian/GroundNLQ, data set (fact sheet sections 1 and 6).
    """
    return np.asarray(windows, dtype=np.float64).reshape(-1, 2) * fps / stride


def jitter_window(window: Window, scale: int, shift: float) -> Window:
    """Return a window ``scale`` times as long whose centre moved by -``shift`` * (scale - 1) / 2 of the old length.

    With ``shift`` in -1..1 the new window always contains the old one. Source: NaQ's temporal response jittering (fact sheet section 1).
    """
    start, end = window
    length, centre = end - start, (start + end) / 2
    centre -= shift * (scale - 1) * length / 2
    return centre - scale * length / 2, centre + scale * length / 2


def jitter_windows(
    windows: Sequence[Window], rng: np.random.RandomState | random.Random, max_scale: int = 10, clip_to: float | None = None
) -> list[Window]:
    """Widen each window by its own draw: an integer scale in 1..``max_scale``, then a shift in -1..1.

    Args:
        windows: (start, end).
        rng: NumPy's generator, or Python's for the stream of the release.
        max_scale: largest factor.
        clip_to: cut the result to 0..``clip_to``; ``None`` lets windows leave the clip, as the release does.
    """
    widened = []
    for window in windows:
        scale = rng.randint(1, max_scale) if isinstance(rng, random.Random) else int(rng.randint(1, max_scale + 1))
        start, end = jitter_window(window, scale, rng.uniform(-1, 1))
        widened.append((start, end) if clip_to is None else (max(start, 0.0), min(end, clip_to)))
    return widened


def window_fault(window: Window, duration: float) -> str | None:
    """Return what makes a window unusable: no length, or wholly outside 0..``duration``; one that only overhangs is none."""
    start, end = window
    if not start < end:
        return f"window {start:g}..{end:g} s has no length"
    if end <= 0 or start >= duration:
        return f"window {start:g}..{end:g} s lies outside the clip of {duration:g} s"
    return None
