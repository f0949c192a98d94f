"""The anticipation task: what may be seen ends ``tau_a`` seconds before the action starts (Furnari & Farinella, RULSTM; AVT)."""

from collections.abc import Sequence
from typing import NamedTuple

from mmxkd.datasets.anticipation.segments import Segment
from mmxkd.errors import ConfigError

#: Seconds one frame lasts in the published tables (30 per second).
_FRAME = 1 / 30
DROP_STYLES = ("correct", "full_context_in", "action_banks")


class Observation(NamedTuple):
    """What is seen of the video before an action: [start, stop] in seconds, start may lie before the video's beginning."""

    segment: Segment
    start: float
    stop: float


class Shifted(NamedTuple):
    """Observations that are left, and the segments whose observation is too short."""

    kept: list[Observation]
    dropped: list[Segment]


def anticipate(segments: Sequence[Segment], tau_a: float, tau_o: float, drop_style: str = "correct") -> Shifted:
    """Move every segment to its observation [start - tau_a - tau_o, start - tau_a] (facebookresearch/AVT, datasets).

    Args:
        segments: the actions to anticipate.
        tau_a: seconds between the end of what is seen and the action's start.
        tau_o: seconds that are seen.
        drop_style: what is left out. ``'correct'``: nothing to see (observation ends before 1/30 s). ``'full_context_in'``: the
            observation begins before 1/30 s. ``'action_banks'``: it ends before 2 s.

    Raises:
        ConfigError: an unknown style, or a negative time.
    """
    if drop_style not in DROP_STYLES:
        raise ConfigError(f"dataset.drop_style={drop_style!r}; accepted: {', '.join(DROP_STYLES)}")
    if tau_a < 0 or tau_o <= 0:
        raise ConfigError(f"dataset.tau_a={tau_a}, tau_o={tau_o}; accepted: tau_a from 0, tau_o above 0 (seconds)")
    shifted = Shifted([], [])
    for segment in segments:
        stop = segment.start - tau_a
        seen = Observation(segment, stop - tau_o, stop)
        if {"correct": stop >= _FRAME, "full_context_in": seen.start >= _FRAME, "action_banks": stop >= 2}[drop_style]:
            shifted.kept.append(seen)
        else:
            shifted.dropped.append(segment)
    return shifted
