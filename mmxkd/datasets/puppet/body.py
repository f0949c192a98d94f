"""The articulated figure: from joint angles to points in space.

Axes: x forward, y up from the floor, z towards the left hand; lengths in standing heights.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Channel(IntEnum):
    """Columns of a pose. Angles in radians, measured from the vertical (limbs hang at 0, forward is positive); lengths in heights."""

    TORSO = 0
    NECK = 1
    LEFT_SHOULDER = 2
    LEFT_SPREAD = 3
    LEFT_ELBOW = 4
    RIGHT_SHOULDER = 5
    RIGHT_SPREAD = 6
    RIGHT_ELBOW = 7
    LEFT_HIP = 8
    LEFT_KNEE = 9
    RIGHT_HIP = 10
    RIGHT_KNEE = 11
    FORWARD = 12
    LIFT = 13


NUM_CHANNELS = len(Channel)
NUM_ANGLES = Channel.FORWARD


class Point(IntEnum):
    """Rows of a figure's points."""

    PELVIS = 0
    CHEST = 1
    HEAD = 2
    NOSE = 3
    LEFT_SHOULDER = 4
    LEFT_ELBOW = 5
    LEFT_HAND = 6
    RIGHT_SHOULDER = 7
    RIGHT_ELBOW = 8
    RIGHT_HAND = 9
    LEFT_HIP = 10
    LEFT_KNEE = 11
    LEFT_ANKLE = 12
    LEFT_TOE = 13
    RIGHT_HIP = 14
    RIGHT_KNEE = 15
    RIGHT_ANKLE = 16
    RIGHT_TOE = 17


@dataclass(frozen=True)
class Body:
    """Proportions of one person, in standing heights.

    The lengths along the upright body (shin, thigh, torso, neck and twice the head's radius) add up to 1.
    """

    shin: float
    thigh: float
    torso: float
    neck: float
    head: float
    upper_arm: float
    forearm: float
    foot: float
    shoulders: float
    hips: float
    limb_width: float
    torso_width: float

    @classmethod
    def sample(cls, rng: np.random.RandomState) -> "Body":
        """Draw a person."""
        upright = np.array([0.23, 0.24, 0.30, 0.05, 0.09]) * rng.uniform(0.88, 1.12, 5)
        shin, thigh, torso, neck, head = upright / (upright[:4].sum() + 2 * upright[4])
        arm, foot, shoulders, hips, limb, trunk = np.array([0.18, 0.09, 0.10, 0.05, 0.06, 0.12]) * rng.uniform(0.88, 1.15, 6)
        return cls(shin, thigh, torso, neck, head, arm, 0.95 * arm, foot, shoulders, hips, limb, trunk)

    def points(self, poses: np.ndarray) -> np.ndarray:
        """Place the figure.

        Args:
            poses: (T, NUM_CHANNELS), see `Channel`.

        Returns:
            (T, len(Point), 3) coordinates. The lower foot stands on y = LIFT, the middle of the ankles at x = FORWARD.
        """
        angle = {channel: poses[:, channel] for channel in Channel}
        place = np.zeros((len(poses), len(Point), 3))
        place[:, Point.CHEST] = self.torso * _upwards(angle[Channel.TORSO])
        nod = angle[Channel.TORSO] + angle[Channel.NECK]
        place[:, Point.HEAD] = place[:, Point.CHEST] + (self.neck + self.head) * _upwards(nod)
        place[:, Point.NOSE] = place[:, Point.HEAD] + 1.35 * self.head * _hanging(np.pi / 2 - nod)
        for side, sign in (("LEFT", 1.0), ("RIGHT", -1.0)):
            self._place_arm(place, angle, side, sign)
            self._place_leg(place, angle, side, sign)
        feet = place[:, [Point.LEFT_ANKLE, Point.LEFT_TOE, Point.RIGHT_ANKLE, Point.RIGHT_TOE]]
        place[..., 1] += (angle[Channel.LIFT] - feet[..., 1].min(axis=1))[:, None]
        place[..., 0] += (angle[Channel.FORWARD] - feet[:, ::2, 0].mean(axis=1))[:, None]
        return place

    def _place_arm(self, place: np.ndarray, angle: dict[Channel, np.ndarray], side: str, sign: float) -> None:
        shoulder, elbow, hand = (Point[f"{side}_{name}"] for name in ("SHOULDER", "ELBOW", "HAND"))
        raised, spread = angle[Channel[f"{side}_SHOULDER"]], sign * angle[Channel[f"{side}_SPREAD"]]
        bent = raised + angle[Channel[f"{side}_ELBOW"]]
        place[:, shoulder] = place[:, Point.CHEST] * 0.93 + [0.0, 0.0, sign * self.shoulders]
        place[:, elbow] = place[:, shoulder] + self.upper_arm * _hanging(raised, spread)
        place[:, hand] = place[:, elbow] + self.forearm * _hanging(bent, spread)

    def _place_leg(self, place: np.ndarray, angle: dict[Channel, np.ndarray], side: str, sign: float) -> None:
        hip, knee, ankle, toe = (Point[f"{side}_{name}"] for name in ("HIP", "KNEE", "ANKLE", "TOE"))
        thigh = angle[Channel[f"{side}_HIP"]]
        shin = thigh - angle[Channel[f"{side}_KNEE"]]
        place[:, hip] = [0.0, 0.0, sign * self.hips]
        place[:, knee] = place[:, hip] + self.thigh * _hanging(thigh)
        place[:, ankle] = place[:, knee] + self.shin * _hanging(shin)
        # The ankle takes up half of the shin's slope, so that a standing foot stays nearly flat.
        place[:, toe] = place[:, ankle] + self.foot * _hanging(np.pi / 2 + shin / 2)


def _hanging(angle: np.ndarray, spread: np.ndarray | float = 0.0) -> np.ndarray:
    """(T, 3) unit vectors that hang down at angle 0, point forward at 90 degrees and sideways by ``spread``."""
    side = np.broadcast_to(np.sin(spread), angle.shape)
    return np.stack([np.sin(angle) * np.cos(spread), -np.cos(angle) * np.cos(spread), side], axis=-1)


def _upwards(angle: np.ndarray) -> np.ndarray:
    """(T, 3) unit vectors that stand up at angle 0 and lean forward at positive angles."""
    return np.stack([np.sin(angle), np.cos(angle), np.zeros_like(angle)], axis=-1)
