"""Modulator maps: how strongly each place of a clip is modulated, layer by layer.

A map is the L2 norm over channels of a modulator of a stage's last block, as in microsoft/FocalNet ``visualize.ipynb`` (fact sheet
section 6). For video there are three: of the spatial modulator m, of the temporal one m_t, and of their product.
"""

from collections.abc import Collection, Mapping, Sequence

import cv2
import numpy as np
import torch.nn.functional as F
from torch import Tensor

#: Kind of map -> the model's output keys, up to the number of the layer.
KINDS = {"spatial": "modulator_spatial", "temporal": "modulator_temporal", "product": "modulator"}
_NO_CONTRAST = 1e-5


def modulator_keys(available: Collection[str], kinds: Sequence[str] = tuple(KINDS)) -> dict[str, list[str]]:
    """Return the output keys of every kind, from the first layer to the last; empty lists where the model has no modulators.

    Args:
        available: what the model gives (``ExtractModel.available``).
        kinds: of ``KINDS``.
    """
    keys: dict[str, list[str]] = {}
    for kind in kinds:
        layers = sorted(int(key.rpartition("/")[2]) for key in available if key.rpartition("/")[0] == KINDS[kind])
        keys[kind] = [f"{KINDS[kind]}/{layer}" for layer in layers]
    return keys


def channel_norm(modulator: Tensor) -> Tensor:
    """Return the L2 norm over channels, float32 (N, T, h, w), of a modulator (N, C, T, h, w)."""
    return modulator.float().norm(dim=1)


def upsample_map(maps: Tensor, size: tuple[int, int], num_frames: int) -> Tensor:
    """Bring one clip's map to the resolution of its input.

    Args:
        maps: (t, h, w).
        size: (H, W), reached by bilinear interpolation.
        num_frames: T, a multiple of t: a map of a tubelet stands for each of its T / t frames.

    Returns:
        (T, H, W) float32.

    Raises:
        ValueError: T is no multiple of t.
    """
    if num_frames % maps.shape[0]:
        raise ValueError(f"{maps.shape[0]} maps cannot be shared by {num_frames} frames")
    large = F.interpolate(maps.float().unsqueeze(1), size, mode="bilinear", align_corners=False).squeeze(1)
    return large.repeat_interleave(num_frames // maps.shape[0], dim=0)


def scale_per_image(maps: np.ndarray) -> np.ndarray:
    """Return (T, H, W) float32 with every image stretched to 0..1 by itself; an image without contrast becomes 0."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    spread = high - low
    # Stretching a constant map would show the rounding errors of its interpolation.
    return np.divide(maps - low, spread, out=np.zeros_like(maps, dtype=np.float32), where=spread > _NO_CONTRAST * np.abs(high))


def colorize(image: np.ndarray, colormap: int = cv2.COLORMAP_VIRIDIS) -> np.ndarray:
    """Return the RGB picture, (H, W, 3) uint8, of an image (H, W) with values 0..1."""
    return cv2.cvtColor(cv2.applyColorMap(np.round(image * 255).astype(np.uint8), colormap), cv2.COLOR_BGR2RGB)


def maps_of_clip(outputs: Mapping[str, Tensor], keys: Sequence[str], size: tuple[int, int], num_frames: int) -> list[np.ndarray]:
    """Return a map (T, H, W) with values 0..1 for each of ``keys``, of the first clip in ``outputs``; see ``upsample_map``."""
    return [scale_per_image(upsample_map(channel_norm(outputs[key])[0], size, num_frames).detach().cpu().numpy()) for key in keys]
