"""From a file to frames: opening a video and reading the frames that were chosen."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmxkd.datasets.readers import open_video
from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS


class ArrayVideo:
    """A video that lies in memory, with the interface of the readers.

    Args:
        frames: (F, H, W, 3) uint8 RGB; never written to.
        fps: Frames per second.
    """

    def __init__(self, frames: np.ndarray, fps: float = 25.0) -> None:
        self.frames = frames
        self.fps = fps

    def __len__(self) -> int:
        return len(self.frames)

    def get_batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return copies of the frames at ``indices``, (n, H, W, 3) uint8."""
        return self.frames[np.asarray(indices, dtype=np.int64)]


@TRANSFORMS.register_module()
class OpenVideo:
    """Open the file ``filename``; set ``video`` and ``total_frames``.

    A ``video`` that is already there (an ``ArrayVideo``, say) is used as it is.

    Args:
        reader: Name of the decoder, see ``mmxkd.datasets.readers``.
        cache_frames: Keep the decoded frames of whole videos, up to this many frames in all, the longest unused file leaving first.
            For small data sets that are gone through many times: the first visit decodes the whole file, later ones nothing. A video
            longer than the cache is read as without one. Memory: ``cache_frames`` * H * W * 3 bytes in
            *every* worker process; keep the workers (``persistent_workers=True``), or the cache goes with them at the epoch's end.

    Raises:
        BrokenVideoError: The file cannot be opened or decoded.
    """

    def __init__(self, reader: str = "decord", cache_frames: int = 0) -> None:
        if cache_frames < 0:
            raise ConfigError(f"OpenVideo.cache_frames={cache_frames}; accepted: 0 (no cache) or a number of frames")
        self.reader = reader
        self.cache_frames = int(cache_frames)
        self._cache: OrderedDict[str, ArrayVideo] = OrderedDict()
        self._held = 0

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the open video to ``results``."""
        if "video" not in results:
            results["video"] = self._open(results["filename"]) if self.cache_frames else open_video(results["filename"], self.reader)
        results["total_frames"] = len(results["video"])
        return results

    def _open(self, path: str) -> Any:
        if path in self._cache:
            self._cache.move_to_end(path)
            return self._cache[path]
        video = open_video(path, self.reader)
        if len(video) > self.cache_frames:
            return video
        held = ArrayVideo(video.get_batch(np.arange(len(video))), video.fps)
        while self._held + len(held) > self.cache_frames:
            self._held -= len(self._cache.popitem(last=False)[1])
        self._cache[path] = held
        self._held += len(held)
        return held

    def __getstate__(self) -> dict[str, Any]:
        """Leave the frames behind when the pipeline is copied into a worker."""
        return {**self.__dict__, "_cache": OrderedDict(), "_held": 0}

    def __repr__(self) -> str:
        return f"OpenVideo(reader={self.reader!r}, cache_frames={self.cache_frames})"


@TRANSFORMS.register_module()
class DecodeFrames:
    """Read the frames ``frame_inds`` of ``video``; the reader decodes every different one once.

    Sets ``imgs`` (list of (H, W, 3) uint8 RGB, no two sharing memory, so that transforms may write in place), ``original_shape`` and
    ``img_shape`` (H, W), ``modality``; drops ``video``.

    Raises:
        BrokenVideoError: A frame cannot be decoded.
    """

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace the open video in ``results`` by its frames."""
        video = results.pop("video")
        results["imgs"] = list(video.get_batch(results["frame_inds"]))
        results["original_shape"] = results["img_shape"] = results["imgs"][0].shape[:2]
        results["modality"] = "RGB"
        return results

    def __repr__(self) -> str:
        return "DecodeFrames()"
