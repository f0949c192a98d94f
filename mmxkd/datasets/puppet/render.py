"""From points on the frame to pixels."""

import cv2
import numpy as np

from mmxkd.datasets.puppet.body import Point
from mmxkd.datasets.puppet.scene import Colour, Group, Shot

SUPERSAMPLING = 2
_SUBPIXEL_BITS = 4


def render_frames(rng: np.random.RandomState, group: Group, shot: Shot, poses: np.ndarray, noise: float) -> np.ndarray:
    """Film a performance.

    Args:
        rng: draws the pixel noise.
        group: who performs, and before what.
        shot: the camera.
        poses: (T, NUM_CHANNELS).
        noise: standard deviation of the pixel noise, 8-bit levels.

    Returns:
        (T, S, S, 3) uint8 RGB, S = half the height of the group's background.
    """
    size = len(group.background) // 2
    points, pan = shot.project(group.body, poses)
    fine = SUPERSAMPLING * size
    frames = rng.standard_normal((len(poses), size, size, 3)) * noise
    for frame, place, moved in zip(frames, points, pan, strict=True):
        canvas = draw_background(group.background, shot, moved, fine)
        draw_figure(canvas, group, place * fine, shot)
        frame += cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8)


def draw_background(picture: np.ndarray, shot: Shot, pan: np.ndarray, fine: int) -> np.ndarray:
    """Cut the (fine, fine, 3) view out of the backdrop: rolled with the camera, shifted by backdrop and pan."""
    size = len(picture) // 2
    cos, sin = np.cos(shot.tilt) / SUPERSAMPLING, np.sin(shot.tilt) / SUPERSAMPLING
    start = shot.backdrop * [3 * size, size] - pan * size
    matrix = np.array([[cos, sin, start[0]], [-sin, cos, start[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (fine, fine), flags=flags, borderMode=cv2.BORDER_REFLECT)


def draw_figure(canvas: np.ndarray, group: Group, place: np.ndarray, shot: Shot) -> None:
    """Draw the figure on ``canvas`` (S, S, 3) at ``place`` (len(Point), 2), in pixels, far limbs first."""
    body, clothes = group.body, group.clothes
    unit = shot.height * len(canvas)
    limb = body.limb_width * unit
    far, near = ("LEFT", "RIGHT") if shot.facing > 0 else ("RIGHT", "LEFT")

    def chain(names: list[str], colour: Colour, width: float) -> None:
        _draw_chain(canvas, place[[Point[name] for name in names]], colour, width)

    for side in (far, near):
        chain([f"{side}_HIP", f"{side}_KNEE", f"{side}_ANKLE"], clothes.trousers, 1.15 * limb)
        chain([f"{side}_ANKLE", f"{side}_TOE"], clothes.shoes, limb)
        if side == far:
            chain([f"{side}_SHOULDER", f"{side}_ELBOW", f"{side}_HAND"], clothes.skin, 0.85 * limb)
    chain(["LEFT_HIP", "RIGHT_HIP"], clothes.trousers, 1.15 * limb)
    chain(["PELVIS", "CHEST"], clothes.shirt, body.torso_width * unit)
    chain(["LEFT_SHOULDER", "RIGHT_SHOULDER"], clothes.shirt, limb)
    chain(["CHEST", "HEAD", "NOSE"], clothes.skin, 0.7 * limb)
    _draw_disc(canvas, place[Point.HEAD], body.head * unit, clothes.skin)
    chain([f"{near}_SHOULDER", f"{near}_ELBOW", f"{near}_HAND"], clothes.skin, 0.85 * limb)


def _draw_chain(canvas: np.ndarray, points: np.ndarray, colour: Colour, width: float) -> None:
    fixed = np.rint(points * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.polylines(canvas, [fixed], False, colour, max(1, round(width)), cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_disc(canvas: np.ndarray, centre: np.ndarray, radius: float, colour: Colour) -> None:
    x, y, r = (round(float(value) * 2**_SUBPIXEL_BITS) for value in (*centre, radius))
    cv2.circle(canvas, (x, y), r, colour, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
