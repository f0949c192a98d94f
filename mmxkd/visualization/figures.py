"""Grids of small pictures with labels, still and moving."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAPER, _INK = (255, 255, 255), (40, 40, 40)
_GAP = 6
_TEXT = 15


def enlarge(picture: np.ndarray, side: int) -> np.ndarray:
    """Return ``picture`` (H, W) or (H, W, 3) with its shorter side brought up to ``side`` pixels; a larger one is left as it is."""
    height, width = picture.shape[:2]
    factor = max(side / min(height, width), 1.0)
    return cv2.resize(picture, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_LINEAR)


def draw_grid(cells: Sequence[Sequence[np.ndarray]], columns: Sequence[str], rows: Sequence[str], title: str = "") -> np.ndarray:
    """Lay pictures out in a labelled grid.

    Args:
        cells: row after row, pictures (H, W, 3) uint8 RGB of one shape.
        columns: a label above each column.
        rows: a label left of each row.
        title: a line above everything.

    Returns:
        (height, width, 3) uint8 RGB on white.

    Raises:
        ValueError: labels and cells differ in number, or the pictures in shape.
    """
    shapes = {cell.shape for row in cells for cell in row}
    if len(shapes) != 1 or len(rows) != len(cells) or any(len(row) != len(columns) for row in cells):
        raise ValueError(f"{len(rows)} row and {len(columns)} column labels for rows of {[len(row) for row in cells]} pictures {shapes}")
    height, width = next(iter(shapes))[:2]
    line = _TEXT + 2 * _GAP
    left = max((int(_font().getlength(label)) for label in rows), default=0) + 2 * _GAP
    top = line * (2 if title else 1)
    content = left + len(columns) * (width + _GAP)
    right = max(content, int(_font().getlength(title)) + 2 * _GAP)
    page = Image.new("RGB", (right, top + len(rows) * (height + _GAP)), _PAPER)
    draw = ImageDraw.Draw(page)
    if title:
        draw.text((_GAP, line // 2), title, _INK, _font(), anchor="lm")
    for number, label in enumerate(columns):
        draw.text((left + number * (width + _GAP) + width // 2, top - line // 2), label, _INK, _font(), anchor="mm")
    for number, (label, row) in enumerate(zip(rows, cells, strict=True)):
        y = top + number * (height + _GAP)
        draw.text((_GAP, y + height // 2), label, _INK, _font(), anchor="lm")
        for column, cell in enumerate(row):
            page.paste(Image.fromarray(cell), (left + column * (width + _GAP), y))
    return np.asarray(page)


def write_png(path: str | os.PathLike[str], picture: np.ndarray) -> None:
    """Write a picture (H, W, 3) uint8 RGB; the folder is made if need be."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def write_gif(path: str | os.PathLike[str], pictures: Sequence[np.ndarray], fps: float = 4.0) -> None:
    """Write pictures (H, W, 3) uint8 RGB of one shape as an endless animation; the folder is made if need be."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # One palette for all: a palette of its own for every picture makes still parts flicker.
    palette = Image.fromarray(np.concatenate(pictures)).quantize(256, Image.Quantize.MEDIANCUT)
    frames = [Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=round(1000 / fps), loop=0)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_TEXT)
