"""A stretch of a video, with the interface of the whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS


class VideoStretch:
    """Frames ``first`` .. ``first + count - 1`` of an open video, numbered from 0; before and after its ends the edge frames repeat.

    Args:
        video: a reader or ``ArrayVideo``.
        first: number of the first frame, may be negative.
        count: number of frames, at least 1.
    """

    def __init__(self, video: Any, first: int, count: int) -> None:
        self.video, self.first, self.count = video, first, count
        self.fps = video.fps

    def __len__(self) -> int:
        return self.count

    def get_batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the frames at ``indices``, (n, H, W, 3) uint8."""
        return self.video.get_batch(np.clip(np.asarray(indices, dtype=np.int64) + self.first, 0, len(self.video) - 1))


@TRANSFORMS.register_module()
class CutSegment:
    """Leave of the open ``video`` only what shows the sample's action; reads ``start`` and ``stop`` (seconds) and ``rng``.

    Args:
        window: length in seconds of what is left, lying at random inside the segment; 0 leaves the whole segment.
        margin: how far a window may reach out of the segment at either end, seconds.
        test_mode: the window lies in the segment's middle.

    Raises:
        ConfigError: a negative length, or a video that does not say its frames per second.
    """

    def __init__(self, window: float = 0.0, margin: float = 0.0, test_mode: bool = False) -> None:
        if window < 0 or margin < 0:
            raise ConfigError(f"CutSegment: window={window}, margin={margin}; accepted: seconds from 0 up")
        self.window, self.margin, self.test_mode = window, margin, test_mode

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace the video by its stretch and set ``total_frames``."""
        video = results["video"]
        if not video.fps > 0:
            raise ConfigError(f"{results.get('filename', 'video')}: does not say its frames per second, which CutSegment needs")
        start, stop = results["start"], results["stop"]
        if self.window:
            low, high = start - self.margin, stop + self.margin - self.window
            middle = (start + stop - self.window) / 2
            start = middle if self.test_mode or high <= low else results["rng"].uniform(low, high)
            stop = start + self.window
        count = max(1, round((stop - start) * video.fps))
        results["video"] = VideoStretch(video, round(start * video.fps), count)
        results["total_frames"] = count
        return results

    def __repr__(self) -> str:
        return f"CutSegment(window={self.window}, margin={self.margin}, test_mode={self.test_mode})"
