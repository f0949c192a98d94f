"""Which frames of an observation are seen, and what was being done in them (facebookresearch/AVT, datasets)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mmxkd.datasets.anticipation.segments import Segment
from mmxkd.errors import ConfigError

STRATEGIES = ("last_clip", "center_clip", "first_clip", "random_clip")
PAST_RULES = ("nearest", "published")


class Clip(NamedTuple):
    """Frames of an observation.

    Attributes:
        ids: (T,) int64, from 1 as RULSTM counts them: frame i shows the time up to i / fps.
        times: (T,) float64, seconds.
    """

    ids: np.ndarray
    times: np.ndarray


def frames_between(start: float, stop: float, fps: float) -> np.ndarray:
    """Return the ids (floor(start * fps), floor(stop * fps)]; those below 1 become the smallest that is not.

    An observation that ends before the first frame has been shown gives frame 1.
    """
    ids = np.arange(int(np.floor(start * fps)) + 1, int(np.floor(stop * fps)) + 1, dtype=np.int64)
    inside = ids[ids >= 1]
    return np.where(ids < 1, inside[0], ids) if len(inside) else np.ones(max(len(ids), 1), dtype=np.int64)


def sample_clip(
    start: float,
    stop: float,
    fps: float,
    frames: int,
    rate: float,
    strategy: str = "last_clip",
    rng: np.random.RandomState | None = None,
) -> Clip:
    """Choose ``frames`` frames, ``rate`` per second, from the observation [start, stop] (seconds; what lies before 0 is cut off).

    Of the round(frames * fps / rate) frames the clip spans, every max(round(fps / rate), 1)-th is kept. ``'last_clip'`` takes the clip
    from the observation's end and counts from the end, so the last frame is always seen; what is missing is filled in front with the
    first frame kept. ``'center_clip'``, ``'first_clip'`` and ``'random_clip'`` (drawn from ``rng``) count from the clip's beginning and
    are filled at the end with the last frame.

    Raises:
        ConfigError: an unknown strategy.
    """
    if strategy not in STRATEGIES:
        raise ConfigError(f"strategy={strategy!r}; accepted: {', '.join(STRATEGIES)}")
    start, stop = max(start, 0.0), max(stop, 0.0)
    available, span = int(fps * (stop - start)), round(frames * fps / rate)
    room = max(available - span, 0)
    if strategy == "random_clip":
        if rng is None:
            raise ValueError("strategy='random_clip' needs rng")
        offset = int(rng.randint(room + 1))
    else:
        offset = {"last_clip": room, "center_clip": max((available - span) // 2, 0), "first_clip": 0}[strategy]
    end = stop if strategy == "last_clip" else min(start + (offset + span) / fps, stop)
    begin = start + offset / fps
    ids = frames_between(begin, end, fps)
    times = np.linspace(begin, end, len(ids))
    places = np.arange(len(ids))
    step = max(round(fps / rate), 1)
    if strategy == "last_clip":
        kept = places[::-1][::step][::-1][-frames:]
        kept = np.concatenate([np.repeat(kept[:1], frames - len(kept)), kept])
    else:
        kept = places[::step][:frames]
        kept = np.concatenate([kept, np.repeat(kept[-1:], frames - len(kept))])
    return Clip(ids[kept], times[kept])


class Timeline:
    """The labelled segments of one video.

    Args:
        rows: the segments, of one video.
    """

    def __init__(self, rows: Sequence[Segment]) -> None:
        self.starts = np.array([row.start for row in rows], dtype=np.float64)
        self.stops = np.array([row.stop for row in rows], dtype=np.float64)
        self.actions = np.array([row.action for row in rows], dtype=np.int64)
        self.verbs = np.array([row.verb for row in rows], dtype=np.int64)
        self.nouns = np.array([row.noun for row in rows], dtype=np.int64)

    def find(self, times: np.ndarray, rule: str = "nearest") -> np.ndarray:
        """Return the place (T,) of the segment shown at each time (seconds), -1 for none.

        Of several that contain the time, ``'nearest'`` takes the one whose centre is nearest. ``'published'`` minimises
        |t - (stop - start) / 2|, where the release forgot the start: mostly the longest segment.

        Raises:
            ConfigError: an unknown rule.
        """
        if rule not in PAST_RULES:
            raise ConfigError(f"past_labels={rule!r}; accepted: {', '.join(PAST_RULES)}")
        if not len(self.starts):
            return np.full(len(times), -1, dtype=np.int64)
        times = np.asarray(times, dtype=np.float64)[:, None]
        inside = (self.starts <= times) & (times <= self.stops)
        centre = (self.starts + self.stops) / 2 if rule == "nearest" else (self.stops - self.starts) / 2
        distance = np.where(inside, np.abs(times - centre), np.inf)
        return np.where(inside.any(axis=1), distance.argmin(axis=1), -1)
