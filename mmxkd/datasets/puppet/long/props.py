"""The things, drawn."""

import cv2
import numpy as np

from mmxkd.datasets.puppet.long.vocabulary import Colour

#: Half the height of each thing, in standing heights: how far above the floor its middle lies.
HALF_HEIGHT: dict[str, float] = {"ball": 0.10, "box": 0.11, "cup": 0.10, "flag": 0.14, "stick": 0.035, "ring": 0.13}
_BITS = 4


def draw_prop(canvas: np.ndarray, noun: str, centre: np.ndarray, unit: float, facing: int, colour: Colour) -> None:
    """Draw a thing onto ``canvas`` (S, S, 3) uint8.

    Args:
        canvas: drawn upon.
        noun: which thing.
        centre: (2,) its middle, pixels.
        unit: pixels per standing height.
        facing: 1 when its holder looks to the right, -1 to the left.
        colour: RGB.

    Raises:
        KeyError: no such thing.
    """
    half = HALF_HEIGHT[noun] * unit
    width = max(1, round(0.05 * unit))
    if noun in ("ball", "ring"):
        x, y = _fixed(centre)
        cv2.circle(canvas, (x, y), round(half * 2**_BITS), colour, -1 if noun == "ball" else width, cv2.LINE_AA, _BITS)
    elif noun == "stick":
        ends = centre + np.array([[-0.27, 0.0], [0.27, 0.0]]) * unit
        cv2.line(canvas, _fixed(ends[0]), _fixed(ends[1]), colour, max(2, round(1.5 * width)), cv2.LINE_AA, _BITS)
    elif noun == "flag":
        foot, top = centre + [0.0, half], centre - [0.0, 1.6 * half]
        cv2.line(canvas, _fixed(foot), _fixed(top), colour, width, cv2.LINE_AA, _BITS)
        _fill(canvas, np.stack([top, top + [facing * 2.0 * half, 0.6 * half], top + [0.0, 1.2 * half]]), colour)
    elif noun == "box":
        _fill(canvas, centre + half * np.array([[-1.3, -1.0], [1.3, -1.0], [1.3, 1.0], [-1.3, 1.0]]), colour)
        cv2.line(
            canvas, _fixed(centre - [1.3 * half, 0.0]), _fixed(centre + [1.3 * half, 0.0]), (25.0, 25.0, 25.0), width, cv2.LINE_AA, _BITS
        )
    else:
        _fill(canvas, centre + half * np.array([[-1.1, -1.0], [1.1, -1.0], [0.35, 1.0], [-0.35, 1.0]]), colour)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = np.rint(point * 2**_BITS).astype(int)
    return int(x), int(y)


def _fill(canvas: np.ndarray, corners: np.ndarray, colour: Colour) -> None:
    cv2.fillPoly(canvas, [np.rint(corners * 2**_BITS).astype(np.int32)], colour, cv2.LINE_AA, _BITS)
