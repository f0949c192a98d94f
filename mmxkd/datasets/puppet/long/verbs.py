"""How the verbs look: trajectories of the body and where the thing is meanwhile."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmxkd.datasets.puppet.actions import FPS, pose
from mmxkd.datasets.puppet.body import Channel

#: Where the thing is in a frame: in the hands, or on the floor where the hands reach down, or on the floor before the feet.
IN_HANDS, AT_REACH, BEFORE_FEET = 0, 1, 2

_STAND = pose()
_HOLD = pose(shoulder=38, elbow=62, spread=2)
_FLOOR = pose(torso=72, neck=5, shoulder=30, elbow=4, spread=2, hip=62, knee=88)
_UP = pose(shoulder=168, elbow=4, spread=2)
_DRAWN = pose(torso=-6, shoulder=-5, elbow=105, spread=2, left_hip=20, right_hip=-14, left_knee=12)
_PUSHED = pose(torso=22, shoulder=88, elbow=4, spread=2, left_hip=34, right_hip=-26, left_knee=32)
_LOW, _HIGH = pose(torso=28, shoulder=-35, hip=58, knee=92), pose(lift=0.24, shoulder=70, elbow=25, hip=40, knee=70)


class Performance(NamedTuple):
    """One performance: poses (T, NUM_CHANNELS), and per frame (T,) where the thing is (`IN_HANDS` ...)."""

    poses: np.ndarray
    place: np.ndarray


def perform(verb: str, rng: np.random.RandomState, num_frames: int) -> Performance:
    """Draw a performance of ``verb`` of at least two frames.

    Opposites (take and put, raise and lower, push and pull) are each other played backwards.

    Raises:
        KeyError: no such verb.
    """
    return _VERBS[verb](rng, max(2, num_frames))


def _progress(rng: np.random.RandomState, num_frames: int, low: float = 0.04, high: float = 0.2) -> np.ndarray:
    first, last = rng.uniform(low, high, 2)
    time = np.clip((np.linspace(0.0, 1.0, num_frames) - first) / (1.0 - first - last), 0.0, 1.0)
    power = rng.uniform(1.2, 2.2)
    return time**power / (time**power + (1.0 - time) ** power)


def _between(start: np.ndarray, end: np.ndarray, progress: np.ndarray) -> np.ndarray:
    return start + progress[:, None] * (end - start)


def _take(rng: np.random.RandomState, num_frames: int) -> Performance:
    bottom = rng.uniform(0.45, 0.55)
    time = _progress(rng, num_frames)
    down, up = np.clip(time / bottom, 0, 1), np.clip((time - bottom) / (1 - bottom), 0, 1)
    poses = np.where((time < bottom)[:, None], _between(_STAND, _FLOOR, down), _between(_FLOOR, _HOLD, up))
    return Performance(poses, np.where(time < bottom, AT_REACH, IN_HANDS))


def _raise(rng: np.random.RandomState, num_frames: int) -> Performance:
    return Performance(_between(_HOLD, _UP, _progress(rng, num_frames) * rng.uniform(0.9, 1.03)), np.full(num_frames, IN_HANDS))


def _push(rng: np.random.RandomState, num_frames: int) -> Performance:
    return Performance(_between(_DRAWN, _PUSHED, _progress(rng, num_frames) * rng.uniform(0.9, 1.05)), np.full(num_frames, IN_HANDS))


def _shake(rng: np.random.RandomState, num_frames: int) -> Performance:
    phase = 2 * np.pi * (rng.uniform() + rng.uniform(1.3, 1.9) * np.arange(num_frames) / FPS)
    poses = np.tile(pose(shoulder=78, elbow=30, spread=2), (num_frames, 1))
    swing = np.deg2rad(rng.uniform(24, 34)) * np.sin(phase)
    for side in ("LEFT", "RIGHT"):
        poses[:, Channel[f"{side}_SHOULDER"]] += swing
        poses[:, Channel[f"{side}_ELBOW"]] += 0.6 * swing
    return Performance(poses, np.full(num_frames, IN_HANDS))


def _jump(rng: np.random.RandomState, num_frames: int) -> Performance:
    height = np.sin(2 * np.pi * (rng.uniform() + rng.uniform(0.8, 1.1) * np.arange(num_frames) / FPS))
    low, high = np.maximum(0.0, -height)[:, None], np.maximum(0.0, height)[:, None]
    return Performance(_STAND + low * (_LOW - _STAND) + high * (_HIGH - _STAND), np.full(num_frames, BEFORE_FEET))


def _backwards(forward: Callable[[np.random.RandomState, int], Performance]) -> Callable[[np.random.RandomState, int], Performance]:
    return lambda rng, num_frames: Performance(*(part[::-1] for part in forward(rng, num_frames)))


_VERBS: dict[str, Callable[[np.random.RandomState, int], Performance]] = {
    "take": _take,
    "put": _backwards(_take),
    "raise": _raise,
    "lower": _backwards(_raise),
    "push": _push,
    "pull": _backwards(_push),
    "shake": _shake,
    "jump-over": _jump,
}
