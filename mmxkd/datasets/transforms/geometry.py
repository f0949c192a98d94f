"""Crops that mmaction2 does not have."""

from typing import Any

import numpy as np

from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS


@TRANSFORMS.register_module()
class DiagonalCrops:
    """Cut every frame three times, at the top left, in the middle and at the bottom right, and mirror each cut.

    Reads ``imgs``; sets ``imgs``, crop after crop, in each crop frame after frame (top left, its mirror image, middle ...), and
    ``img_shape``.

    Args:
        crop_size: side of the square, in pixels.
        flip: whether to add the mirror images.

    Raises:
        ConfigError: a size below 1, or a frame smaller than it.

    Source: facebookresearch/AVT, evaluation on raw frames (fact sheet section 6).
    """

    def __init__(self, crop_size: int, flip: bool = True) -> None:
        if crop_size < 1:
            raise ConfigError(f"DiagonalCrops.crop_size={crop_size}; accepted: at least 1")
        self.crop_size, self.flip = crop_size, flip

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Cut the frames."""
        size = self.crop_size
        height, width = results["imgs"][0].shape[:2]
        if min(height, width) < size:
            raise ConfigError(f"DiagonalCrops.crop_size={size}; accepted: at most the frames' short side, {height} x {width} here")
        corners = [(0, 0), ((height - size) // 2, (width - size) // 2), (height - size, width - size)]
        cuts: list[np.ndarray] = []
        for top, left in corners:
            crop = [img[top : top + size, left : left + size] for img in results["imgs"]]
            cuts += crop + ([np.flip(img, axis=1) for img in crop] if self.flip else [])
        results["imgs"], results["img_shape"] = [np.ascontiguousarray(img) for img in cuts], (size, size)
        return results

    def __repr__(self) -> str:
        return f"DiagonalCrops(crop_size={self.crop_size}, flip={self.flip})"
