"""Which frame features show a clip, and which of them are there."""

import math

import numpy as np

#: Features per second: 2-D ones, and 3-D ones, one per 16 frames at 24 frames per second.
RATE_2D, RATE_3D = 1.0, 1.5


def frame_window(start: float, stop: float, num_2d: int, num_3d: int, max_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the 2-D and 3-D features of a clip, (n,) each, n <= ``max_frames``.

    2-D rows cover floor(start) ... ceil(stop), at least one; 3-D rows are spread over the same time. A longer window is sampled evenly
    in both. A window behind a video's end becomes its last two rows.

    Args:
        start, stop: seconds.
        num_2d, num_3d: rows there are. The release starts at row -1 of a video with a single one; here that is row 0.
        max_frames: at most so many.

    Source: zinengtang/VidLanKD ``vteacher/data.py``. Case: vidlankd ``text_blocks``.
    """
    first, last = _rows(start, stop, RATE_2D, num_2d)
    first_3d, last_3d = _rows(start, stop, RATE_3D, num_3d)
    count = last - first + 1
    if count > max_frames:
        return _spread(first, last, max_frames), _spread(first_3d, last_3d, max_frames)
    return np.arange(first, last + 1), _spread(first_3d, last_3d, count)


def _rows(start: float, stop: float, rate: float, count: int) -> tuple[int, int]:
    first = max(min(math.floor(start * rate), count - 2), 0)
    return first, max(min(math.ceil(stop * rate), count - 1), first)


def _spread(first: int, last: int, count: int) -> np.ndarray:
    return np.linspace(first, last, count).astype(np.int64)


def last_channel_mask(features: np.ndarray) -> np.ndarray:
    """Return bool (..., T), the published rule for features (..., T, C): a frame is there if its last channel is not 0.

    A real frame may have a 0 there (features behind a ReLU do), and is then masked.
    """
    return features[..., -1] != 0
