"""What every store of pre-extracted features can do, whatever files are behind it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from mmxkd.errors import ConfigError, DataError
from mmxkd.uids import canonical_uid


@dataclass
class MissingCount:
    """How often a store gave something else than the frame it was asked for.

    Attributes:
        frames: frames asked for.
        replaced: frames that were not there, answered with an earlier one.
        zeros: frames that were not there, nor any near before them, answered with zeros.
    """

    frames: int = 0
    replaced: int = 0
    zeros: int = 0


class FeatureStore(ABC):
    """Features of many videos (or queries), each an array (n, C) that is read by the video's name.

    A store opens its files when first read, in every process anew, and pickles as its settings: data loader workers may be forked or
    spawned.

    Args:
        path: file or folder.
        dim: C, the width every value must have; None takes what is there.

    Attributes:
        missing: what was asked for and not there, in this process (`MissingCount`).

    Raises:
        ConfigError: nothing is at ``path``.
    """

    def __init__(self, path: str | Path, dim: int | None = None) -> None:
        self.path = str(path)
        self.expected_dim = dim
        self.missing = MissingCount()
        if not Path(path).exists():
            raise ConfigError(f"feature store {self.path!r}: no such file or folder; tools/data/extract_features.py writes one")

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of everything stored, sorted."""

    @abstractmethod
    def _has(self, name: str) -> bool:
        """Return whether exactly this name is stored."""

    @abstractmethod
    def _frames(self, name: str) -> np.ndarray:
        """Return the stored frame numbers (n,) int64 of a stored name, ascending."""

    @abstractmethod
    def _read(self, name: str, frames: np.ndarray | None) -> np.ndarray:
        """Return the values (n, C) of a stored name as they are in the file."""

    def __contains__(self, name: object) -> bool:
        return self._find(name) is not None

    @property
    def dim(self) -> int:
        """C: the configured width, else that of the first name."""
        if self.expected_dim is not None:
            return self.expected_dim
        names = self.names()
        if not names:
            raise DataError(f"{self.path}: the feature store is empty")
        return self.read(names[0], self.frames(names[0])[:1]).shape[1]

    def frames(self, name: object) -> np.ndarray:
        """Return the frame numbers (n,) int64 that are stored, ascending; rows from 0 where the format does not number frames.

        Raises:
            DataError: the name is not stored.
        """
        return self._frames(self._resolve(name))

    def length(self, name: object) -> int:
        """Return n, the number of stored frames.

        Raises:
            DataError: the name is not stored.
        """
        return len(self.frames(name))

    def read(self, name: object, frames: np.ndarray | None = None) -> np.ndarray:
        """Read features.

        Args:
            name: which video; ids are compared in their canonical form, too.
            frames: (n,) frame numbers in any order, repeats welcome; None reads all that are stored, in order.

        Returns:
            (n, C) float32, writable.

        Raises:
            DataError: the name or a frame is not stored, or a value has the wrong width or type, is cut off or not finite.
        """
        key = self._resolve(name)
        if frames is not None:
            frames = np.asarray(frames)
            if frames.ndim != 1 or (frames.size and frames.dtype.kind not in "iu"):
                raise ValueError(f"frames must be a vector of whole numbers, got {frames.dtype} of shape {frames.shape}")
            frames = frames.astype(np.int64)
        return self._checked(self._read(key, frames), key)

    def _find(self, name: object) -> str | None:
        candidates = [str(name)] + ([canonical_uid(name)] if str(name).strip() else [])
        return next((key for key in candidates if self._has(key)), None)

    def _resolve(self, name: object) -> str:
        key = self._find(name)
        if key is None:
            raise DataError(f"{self.path}: no features of {str(name)!r}")
        return key

    def _checked(self, values: np.ndarray, key: str) -> np.ndarray:
        """Return (n, C) float32 or say what is wrong with the value."""
        where = f"{self.path}: features of {key!r}"
        if values.dtype.kind != "f":
            raise DataError(f"{where} are of type {values.dtype}, accepted: floating point")
        if values.ndim == 1:
            values = values[None]
        if values.ndim != 2:
            raise DataError(f"{where} have the shape {values.shape}, accepted: (n, C)")
        if self.expected_dim is not None and values.shape[1] != self.expected_dim:
            raise DataError(f"{where} are {values.shape[1]} wide, dim={self.expected_dim} is configured")
        result = np.array(values, dtype=np.float32)
        if not np.isfinite(result).all():
            bad = int(np.flatnonzero(~np.isfinite(result).all(axis=1))[0])
            raise DataError(f"{where} hold NaN or infinite values, first in row {bad} of {len(result)}")
        return result

    def _select(self, values: np.ndarray, frames: np.ndarray | None, key: str) -> np.ndarray:
        """Take rows of a value (n, C) that does not number its frames."""
        if frames is None or values.ndim != 2:
            return values
        self.missing.frames += len(frames)
        if frames.size and (frames.min() < 0 or frames.max() >= len(values)):
            raise DataError(
                f"{self.path}: features of {key!r} have the frames 0..{len(values) - 1}, asked for {frames.min()}..{frames.max()}"
            )
        return values[frames]


class FeatureWriter(ABC):
    """Writes one kind of store, name by name; each is there whole or not at all, and what is there is not written again.

    Use it as a context manager. Kill it at any moment and start again: ``name in writer`` says what can be left out.

    Args:
        path: file or folder, made when absent.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def __contains__(self, name: object) -> bool:
        """Return whether the name has been written."""

    @abstractmethod
    def _write(self, name: str, values: np.ndarray, frames: np.ndarray | None) -> None:
        """Store (n, C) float32."""

    def write(self, name: str, values: np.ndarray, frames: np.ndarray | None = None) -> None:
        """Store features.

        Args:
            name: which video.
            values: (n, C) floating point, finite; stored as float32.
            frames: (n,) frame numbers; only for formats that number frames, which number from 1 without it.

        Raises:
            ValueError: a value that could not be read back.
        """
        values = np.ascontiguousarray(values, dtype=np.float32)
        if values.ndim != 2 or not np.isfinite(values).all():
            raise ValueError(f"features of {name!r} must be finite and (n, C), got the shape {values.shape}")
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} cannot be the name of stored features")
        self._write(name, values, frames)

    def close(self) -> None:
        """Finish the files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def refuse_frames(frames: np.ndarray | None, writer: Any) -> None:
    """Raise ``ValueError`` when frame numbers are given to a format that has none."""
    if frames is not None:
        raise ValueError(f"{type(writer).__name__} does not number frames")
