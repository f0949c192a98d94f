"""Where a puppet acts: the clothes and background of a group, and the camera of a clip."""

from dataclasses import dataclass

import cv2
import numpy as np

from mmxkd.datasets.puppet.body import Body, Channel
from mmxkd.datasets.puppet.style import PuppetStyle, Range

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Clothes:
    """RGB colours of a figure's parts, 0..255."""

    skin: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour


@dataclass(frozen=True)
class Group:
    """What all clips of a group share, whatever the class, so that nothing but the movement tells the classes apart.

    Attributes:
        body: proportions.
        clothes: colours.
        background: (2S, 4S, 3) uint8 picture for frames of side S; mirrored at its edges where the camera looks beyond.
    """

    body: Body
    clothes: Clothes
    background: np.ndarray

    @classmethod
    def sample(cls, rng: np.random.RandomState, size: int, style: PuppetStyle) -> "Group":
        """Draw a group for frames of ``size`` pixels."""
        body = Body.sample(rng)
        figure, ground = style.figure_levels, style.background_levels
        if rng.uniform() < style.swapped:
            figure, ground = (255 - figure[1], 255 - figure[0]), (255 - ground[1], 255 - ground[0])
        clothes = Clothes(*(_colour(rng, figure) for _ in range(4)))
        return cls(body, clothes, _paint_background(rng, size, ground, style))


@dataclass(frozen=True)
class Shot:
    """The camera of one clip, lengths in shares of the frame's side.

    Attributes:
        facing: 1 to the right, -1 to the left.
        yaw: turn away from the side view, radians.
        tilt: roll, radians.
        height: standing height of the figure.
        ground: height of the floor, from the top.
        follow: share of the walk that the camera pans along with.
        backdrop: (2,) which part of the background is seen.
        offset: (T, 2) where the figure's origin lies: centre, drift and jitter.
    """

    facing: int
    yaw: float
    tilt: float
    height: float
    ground: float
    follow: float
    backdrop: np.ndarray
    offset: np.ndarray

    @classmethod
    def sample(cls, rng: np.random.RandomState, num_frames: int, style: PuppetStyle) -> "Shot":
        """Draw a camera. Drift and jitter look the same played backwards, so they tell nothing about the order in time."""
        drift = np.outer(np.linspace(-0.5, 0.5, num_frames), rng.uniform(-style.drift, style.drift, 2))
        jitter = rng.normal(0.0, style.jitter, (num_frames, 2))
        return cls(
            facing=1 if rng.uniform() < 0.5 else -1,
            yaw=np.deg2rad(rng.uniform(-style.yaw, style.yaw)),
            tilt=np.deg2rad(rng.uniform(-style.tilt, style.tilt)),
            height=rng.uniform(*style.height),
            ground=rng.uniform(*style.ground),
            follow=rng.uniform(*style.follow),
            backdrop=rng.uniform(0.0, 1.0, 2),
            offset=drift + jitter + np.array([rng.uniform(*style.centre), 0.0]),
        )

    def project(self, body: Body, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look at a performance.

        Args:
            body: who performs.
            poses: (T, NUM_CHANNELS).

        Returns:
            points (T, len(Point), 2) on the frame and pan (T, 2), the movement of the background; both in shares of the frame's side.
        """
        points = body.points(poses)
        walked = poses[:, Channel.FORWARD] - poses[:, Channel.FORWARD].mean()
        points[..., 0] += (walked * (1 - self.follow) - poses[:, Channel.FORWARD])[:, None]
        across = self.facing * (points[..., 0] * np.cos(self.yaw) + points[..., 2] * np.sin(self.yaw))
        flat = self.height * np.stack([across, -points[..., 1]], axis=-1)
        rolled = flat @ np.array([[np.cos(self.tilt), np.sin(self.tilt)], [-np.sin(self.tilt), np.cos(self.tilt)]])
        pan = self.offset.copy()
        pan[:, 0] -= self.facing * self.height * np.cos(self.yaw) * self.follow * walked
        return rolled + (self.offset + np.array([0.0, self.ground]))[:, None], pan


def _colour(rng: np.random.RandomState, levels: Range) -> Colour:
    red, green, blue = rng.uniform(*levels, 3)
    return red, green, blue


def _paint_background(rng: np.random.RandomState, size: int, levels: Range, style: PuppetStyle) -> np.ndarray:
    """Draw a (2S, 4S, 3) uint8 backdrop: one colour, shapes and grain."""
    high, wide = 2 * size, 4 * size
    picture = np.full((high, wide, 3), _colour(rng, levels), np.uint8)
    # The backdrop is eight frames large, and the style counts the shapes of one.
    for _ in range(8 * rng.randint(style.shapes[0], style.shapes[1] + 1)):
        centre = (int(rng.uniform(0, wide)), int(rng.uniform(0, high)))
        extent = rng.uniform(0.06, 0.25, 2) * size
        if rng.uniform() < 0.5:
            corners = cv2.boxPoints((centre, (float(2 * extent[0]), float(2 * extent[1])), rng.uniform(0, 90))).astype(np.int32)
            cv2.fillConvexPoly(picture, corners, _colour(rng, levels), cv2.LINE_AA)
        else:
            cv2.circle(picture, centre, int(extent[0]), _colour(rng, levels), -1, cv2.LINE_AA)
    grain = cv2.resize(rng.normal(0.0, style.texture, (high // 4, wide // 4, 3)), (wide, high), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + grain, *levels).astype(np.uint8)
