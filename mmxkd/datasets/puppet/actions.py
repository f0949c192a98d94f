"""What a puppet can do: pose trajectories as pure functions of a generator, a length and a style."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmxkd.datasets.puppet.body import NUM_ANGLES, NUM_CHANNELS, Channel
from mmxkd.datasets.puppet.style import PuppetStyle

FPS = 12
"""Frames per second of every trajectory; periodic movements have their frequencies in it."""

Trajectory = Callable[[np.random.RandomState, int, PuppetStyle], np.ndarray]
"""``trajectory(rng, num_frames, style)`` -> poses (num_frames, NUM_CHANNELS), see `Channel`."""


@dataclass(frozen=True)
class Action:
    """One class of the puppet world.

    Attributes:
        name: class name, as in UCF101's file names.
        trajectory: draws one performance.
        reverse_of: name of the class whose performances, played backwards, are this class's; None when it has no partner.
    """

    name: str
    trajectory: Trajectory
    reverse_of: str | None = None


def pose(lift: float = 0.0, forward: float = 0.0, **degrees: float) -> np.ndarray:
    """Return one pose (NUM_CHANNELS,) from angles in degrees, named as the channels in lower case, and the two lengths in heights.

    ``shoulder=90`` sets both shoulders, ``left_shoulder=90`` one; what is not named stands upright with loose arms.

    Raises:
        KeyError: no channel has that name.
    """
    loose = {"spread": 8.0, "elbow": 10.0}
    angles = np.zeros(NUM_CHANNELS)
    for name, value in {**loose, **degrees}.items():
        channels = [c for c in Channel if c.name.lower() == name or c.name.lower() in (f"left_{name}", f"right_{name}")]
        if not channels:
            raise KeyError(name)
        angles[channels] = np.deg2rad(value)
    angles[Channel.LIFT], angles[Channel.FORWARD] = lift, forward
    return angles


def transition_progress(rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> np.ndarray:
    """Draw a passage (num_frames,) from 0 to 1: a hold at either end and a random easing between."""
    first, last = rng.uniform(*style.hold, 2)
    time = np.clip((np.linspace(0.0, 1.0, num_frames) - first) / (1.0 - first - last), 0.0, 1.0)
    power = rng.uniform(*style.ease)
    time = time ** rng.uniform(*style.skew)
    return time**power / (time**power + (1.0 - time) ** power)


def cycle_phase(rng: np.random.RandomState, num_frames: int, style: PuppetStyle, hertz: float) -> np.ndarray:
    """Draw the phase (num_frames,) in radians of a periodic movement around ``hertz`` with a random start."""
    return 2 * np.pi * (rng.uniform() + hertz * rng.uniform(*style.speed) * np.arange(num_frames) / FPS)


def add_habits(rng: np.random.RandomState, poses: np.ndarray, style: PuppetStyle) -> np.ndarray:
    """Return ``poses`` (T, NUM_CHANNELS) with a personal stance and a slow sway on every angle."""
    count = len(poses)
    stance = rng.normal(0.0, np.deg2rad(style.stance), NUM_ANGLES)
    size = rng.normal(0.0, np.deg2rad(style.sway), NUM_ANGLES)
    phase = rng.uniform(0.0, 2 * np.pi, NUM_ANGLES) + np.outer(np.arange(count) / FPS, 2 * np.pi * rng.uniform(0.2, 0.6, NUM_ANGLES))
    habits = np.zeros_like(poses)
    habits[:, :NUM_ANGLES] = stance + size * np.sin(phase)
    return poses + habits


def transition(start: np.ndarray, end: np.ndarray) -> Trajectory:
    """Return the trajectory that goes once from pose ``start`` to ``end`` (both (NUM_CHANNELS,))."""

    def trajectory(rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> np.ndarray:
        progress = transition_progress(rng, num_frames, style) * rng.uniform(*style.amplitude)
        return add_habits(rng, start + progress[:, None] * (end - start), style)

    return trajectory


def reverse(forward: Trajectory) -> Trajectory:
    """Return the trajectory that plays ``forward`` backwards: same poses, other order, hence the same bag of frames."""
    return lambda rng, num_frames, style: forward(rng, num_frames, style)[::-1]


def walk(rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> np.ndarray:
    """Walk forward: a knee bends while its leg swings to the front, and the body moves on by what the legs stride.

    The two halves of a stride look alike, so sampling every third frame (8 of 24) must see more than two frames per half.
    """
    phase = cycle_phase(rng, num_frames, style, hertz=0.6)
    size = rng.uniform(*style.amplitude)
    poses = np.tile(pose(torso=4, elbow=25), (num_frames, 1))
    for side, shift in (("LEFT", 0.0), ("RIGHT", np.pi)):
        swing = phase + shift
        poses[:, Channel[f"{side}_HIP"]] += size * np.deg2rad(8 + 26 * np.sin(swing))
        poses[:, Channel[f"{side}_KNEE"]] += size * np.deg2rad(8 + 55 * np.maximum(0.0, np.cos(swing)))
        poses[:, Channel[f"{side}_SHOULDER"]] -= size * np.deg2rad(26 * np.sin(swing))
    poses[:, Channel.FORWARD] = 0.8 * size * (phase - phase[0]) / (2 * np.pi)
    return add_habits(rng, poses, style)


def wave(rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> np.ndarray:
    """Wave with one raised hand."""
    side = ("LEFT", "RIGHT")[rng.randint(2)]
    swing = np.sin(cycle_phase(rng, num_frames, style, hertz=1.3)) * rng.uniform(*style.amplitude)
    poses = np.tile(pose(), (num_frames, 1))
    poses[:, Channel[f"{side}_SHOULDER"]] = np.deg2rad(rng.uniform(105, 135))
    poses[:, Channel[f"{side}_ELBOW"]] = np.deg2rad(45 + 40 * swing)
    return add_habits(rng, poses, style)


def jump(rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> np.ndarray:
    """Jump on the spot: crouch, fly, crouch."""
    height = np.sin(cycle_phase(rng, num_frames, style, hertz=0.85)) * rng.uniform(*style.amplitude)
    crouch, flight = np.maximum(0.0, -height)[:, None], np.maximum(0.0, height)[:, None]
    low, high = pose(torso=30, shoulder=-35, hip=60, knee=95), pose(lift=0.13, shoulder=75, elbow=25)
    return add_habits(rng, pose() + crouch * (low - pose()) + flight * (high - pose()), style)


_SEATED = pose(torso=12, shoulder=30, elbow=35, hip=82, knee=86)
_ARMS_UP = pose(shoulder=165, elbow=5, spread=6)
_DRAWN = pose(torso=-4, shoulder=-25, elbow=110, left_hip=20, right_hip=-14, left_knee=12)
_PUSHED = pose(torso=16, shoulder=84, elbow=6, left_hip=26, right_hip=-22, left_knee=24)
_BENT = pose(torso=95, neck=10, shoulder=35, elbow=5, hip=4, knee=8)


def _pair(name: str, trajectory: Trajectory, reversed_name: str) -> list[Action]:
    return [Action(name, trajectory, reversed_name), Action(reversed_name, reverse(trajectory), name)]


ACTIONS: tuple[Action, ...] = (
    *_pair("SitDown", transition(pose(), _SEATED), "StandUp"),
    *_pair("RaiseArms", transition(pose(), _ARMS_UP), "LowerArms"),
    *_pair("Push", transition(_DRAWN, _PUSHED), "Pull"),
    *_pair("BendDown", transition(pose(), _BENT), "Straighten"),
    *_pair("WalkForward", walk, "WalkBackward"),
    Action("Wave", wave),
    Action("Jump", jump),
)
"""Every class, partners side by side, so that the first 2n of them are n pairs."""

CLASSES: tuple[str, ...] = tuple(action.name for action in ACTIONS)
ACTION_BY_NAME: dict[str, Action] = {action.name: action for action in ACTIONS}
