"""Where in a video the answers to questions lie."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAPER, _INK, _PALE = (255, 255, 255), (40, 40, 40), (225, 225, 225)
_COLOURS = ((31, 119, 180), (214, 95, 14), (44, 140, 60), (148, 80, 160), (180, 40, 50))
_GAP, _TEXT, _BAR = 8, 14, 16

Window = tuple[float, float, float]


def draw_timeline(
    duration: float,
    rows: Sequence[tuple[str, Sequence[Window]]],
    pictures: Sequence[np.ndarray] = (),
    truth: Sequence[Sequence[tuple[float, float]]] = (),
    width: int = 960,
) -> np.ndarray:
    """Draw a line of time for every question.

    Each predicted window is a bar of its own, the best on top, the paler the lower its score; times and score of the best stand beside
    the question. True windows, where given, are a thin dark bar below.

    Args:
        duration: of the video, seconds.
        rows: question and its windows (start, end, score), best first.
        pictures: frames (H, W, 3) uint8 RGB of one shape, evenly spread over the video, for the strip on top.
        truth: true windows of each row.
        width: of the picture, pixels.

    Returns:
        (height, width, 3) uint8 RGB on white.

    Raises:
        ValueError: no length, or truth for another number of rows.
    """
    if duration <= 0 or (truth and len(truth) != len(rows)):
        raise ValueError(f"a video of {duration} s, {len(rows)} rows and {len(truth)} rows of true windows")
    strip = _strip(pictures, width)
    line = _TEXT + _GAP
    bars = max((len(windows) for _, windows in rows), default=0)
    height_of_row = line + bars * (_BAR // 2 + 2) + (_BAR // 2 if truth else 0) + _GAP
    page = Image.new("RGB", (width, strip.shape[0] + 2 * _GAP + len(rows) * height_of_row + line), _PAPER)
    page.paste(Image.fromarray(strip), (0, 0))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(_TEXT)
    scale = (width - 1) / duration
    top = strip.shape[0] + _GAP
    for number, (question, windows) in enumerate(rows):
        best = max((score for _, _, score in windows), default=0.0)
        label = f"{windows[0][0]:.1f} to {windows[0][1]:.1f} s ({windows[0][2]:.2f})" if windows else "no answer"
        draw.text((_GAP, top), f"{question}   {label}", _INK, font)
        y = top + line
        for start, end, score in windows:
            draw.rectangle((0, y, width - 1, y + _BAR // 2 - 1), _PALE)
            colour = _blend(_COLOURS[number % len(_COLOURS)], score / best if best > 0 else 0.0)
            draw.rectangle((start * scale, y, max(end * scale, start * scale + 1), y + _BAR // 2 - 1), colour)
            y += _BAR // 2 + 2
        for start, end in truth[number] if truth else ():
            draw.rectangle((start * scale, y, max(end * scale, start * scale + 1), y + 3), _INK)
        top += height_of_row
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "la" if share == 0 else "ra" if share == 1 else "ma"
        draw.text((share * (width - 1), top), f"{share * duration:.1f} s", _INK, font, anchor=anchor)
    return np.asarray(page)


def _strip(pictures: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Return the pictures side by side, scaled to the width."""
    if not len(pictures):
        return np.full((0, width, 3), 255, np.uint8)
    height, one = pictures[0].shape[:2]
    side = width // len(pictures)
    cells = [np.asarray(Image.fromarray(picture).resize((side, max(side * height // one, 1)))) for picture in pictures]
    strip = np.concatenate(cells, axis=1)
    return np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), constant_values=255)


def _blend(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """Return the colour, the paler the smaller the share."""
    share = 0.25 + 0.75 * share
    red, green, blue = (round(share * part + (1 - share) * 255) for part in colour)
    return red, green, blue
