"""Random colours: jitter of brightness, contrast, saturation and hue, and greyscale.

The four changes are torchvision's ``ColorJitter`` (random order, factors uniform in 1 +- x, hue shift uniform in +- x turns), on uint8
RGB with OpenCV. mmaction2 1.1.0 has a jitter too, which overflows with NumPy 2.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np

from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS

#: Luma of ITU-R BT.601, what OpenCV and Pillow mean by grey.
LUMA = np.array([0.299, 0.587, 0.114])


class Jitter(NamedTuple):
    """One draw: ``order`` of the changes (0 brightness, 1 contrast, 2 saturation, 3 hue), three factors, the shift in turns."""

    order: tuple[int, ...]
    brightness: float
    contrast: float
    saturation: float
    hue: float


def draw_jitter(rng: np.random.RandomState, brightness: float, contrast: float, saturation: float, hue: float) -> Jitter:
    """Draw the order of the changes, then their sizes."""
    order = tuple(rng.permutation(4).tolist())
    bright, contrasting, saturated = (rng.uniform(max(0.0, 1 - spread), 1 + spread) for spread in (brightness, contrast, saturation))
    return Jitter(order, bright, contrasting, saturated, rng.uniform(-hue, hue))


def _transform(clip: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Change the colours (R, G, B[, 1]) of (T, H, W, 3) uint8 by a (3, 3 or 4) matrix, saturating: all frames as one tall picture."""
    return cv2.transform(clip.reshape(-1, *clip.shape[2:]), matrix).reshape(clip.shape)


def scale_around_mean(clip: np.ndarray, factor: float) -> np.ndarray:
    """Change the contrast: move every value away from its frame's mean grey, (T, H, W, 3) uint8, saturating."""
    changed = np.empty_like(clip)
    for img, out in zip(clip, changed, strict=True):
        matrix = np.eye(3, 4) * factor
        matrix[:, 3] = (1 - factor) * float(LUMA @ cv2.mean(img)[:3])
        cv2.transform(img, matrix, dst=out)
    return changed


def shift_hue(clip: np.ndarray, turns: float) -> np.ndarray:
    """Turn the colour circle by ``turns`` (1 = all the way round), (T, H, W, 3) uint8; hue is quantised to about 1/256 turn."""
    hsv = cv2.cvtColor(clip.reshape(-1, *clip.shape[2:]), cv2.COLOR_RGB2HSV_FULL)
    # OpenCV writes hue in 1/256 turns and reads it in 1/255 turns.
    table = np.round((np.arange(256) / 256 + turns) % 1.0 * 255).astype(np.uint8)
    cv2.insertChannel(cv2.LUT(cv2.extractChannel(hsv, 0), table), hsv, 0)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL).reshape(clip.shape)


def apply_jitter(clip: np.ndarray, jitter: Jitter) -> np.ndarray:
    """Return the changed clip, (T, H, W, 3) uint8 RGB; every change saturates at 0 and 255 before the next."""
    for change in jitter.order:
        if change == 0:
            clip = _transform(clip, np.eye(3) * jitter.brightness)
        elif change == 1:
            clip = scale_around_mean(clip, jitter.contrast)
        elif change == 2:
            clip = _transform(clip, np.eye(3) * jitter.saturation + (1 - jitter.saturation) * LUMA)
        else:
            clip = shift_hue(clip, jitter.hue)
    return clip


def _check_probability(owner: str, prob: float) -> None:
    if not 0 <= prob <= 1:
        raise ConfigError(f"{owner}.prob={prob}; accepted: 0 to 1")


@TRANSFORMS.register_module()
class ColorJitter:
    """Jitter the colours of a whole clip with probability ``prob``.

    Args:
        prob: Probability per sample.
        brightness: Factor uniform in max(0, 1 - x) ... 1 + x; likewise ``contrast`` and ``saturation``.
        contrast: See ``brightness``.
        saturation: See ``brightness``.
        hue: Shift uniform in -x ... x turns of the colour circle, 0 <= x <= 0.5.
        consistent: One draw for the clip. Default: a new draw for every frame, as published, which makes the clip flicker.
    """

    def __init__(
        self,
        prob: float = 0.8,
        brightness: float = 0.4,
        contrast: float = 0.4,
        saturation: float = 0.2,
        hue: float = 0.1,
        consistent: bool = False,
    ) -> None:
        _check_probability("ColorJitter", prob)
        self.spreads = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}
        for name, spread in self.spreads.items():
            if spread < 0 or (name == "hue" and spread > 0.5):
                raise ConfigError(f"ColorJitter.{name}={spread}; accepted: at least 0" + (", at most 0.5" if name == "hue" else ""))
        self.prob = prob
        self.consistent = consistent

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace ``imgs`` (uint8 RGB), drawing from ``rng``."""
        rng = results["rng"]
        if rng.random_sample() >= self.prob:
            return results
        clips = [np.stack(results["imgs"])] if self.consistent else [img[None] for img in results["imgs"]]
        results["imgs"] = [img for clip in clips for img in apply_jitter(clip, draw_jitter(rng, **self.spreads))]
        return results

    def __repr__(self) -> str:
        return f"ColorJitter(prob={self.prob}, {self.spreads}, consistent={self.consistent})"


@TRANSFORMS.register_module()
class RandomGrayscale:
    """Turn a whole clip to grey (three equal channels) with probability ``prob``."""

    def __init__(self, prob: float = 0.2) -> None:
        _check_probability("RandomGrayscale", prob)
        self.prob = prob

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace ``imgs`` (uint8 RGB), drawing from ``rng``."""
        if results["rng"].random_sample() < self.prob:
            grey = (cv2.cvtColor(img, cv2.COLOR_RGB2GRAY) for img in results["imgs"])
            results["imgs"] = [cv2.cvtColor(img, cv2.COLOR_GRAY2RGB) for img in grey]
        return results

    def __repr__(self) -> str:
        return f"RandomGrayscale(prob={self.prob})"
