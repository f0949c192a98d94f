"""Arrays out of pickles, without NumPy's own builders: those believe what a pickle says of memory, and a damaged one ends the process."""

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from mmxkd.convert.reading import Inert

_KINDS, _OBJECTS = "biufSU", "O"
_ORDERS = "<>=|"


def load_arrays(file: IO[bytes]) -> Any:
    """Unpickle containers, numbers, text and arrays of numbers or text; every other class becomes ``Inert``, so no foreign code runs.

    Raises:
        Exception: whatever bytes that are no such pickle do to an unpickler.
    """
    return _ArrayUnpickler(file).load()


class _DType:
    """What a pickle says of a type: its name and byte order."""

    def __init__(self, name: str, *_: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"dtype {name!r}")
        self.dtype = np.dtype(name)
        if self.dtype.kind not in _KINDS + _OBJECTS:
            raise TypeError(f"arrays of {name}; accepted: numbers and text")

    def __setstate__(self, state: Sequence[Any]) -> None:
        if state[1] not in _ORDERS:
            raise ValueError(f"byte order {state[1]!r}")
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """An array that is given its content after it was made, as pickles do; one of objects stays empty."""

    def __setstate__(self, state: Sequence[Any]) -> None:
        _, shape, dtype, fortran, data = state
        if dtype.dtype.kind != _OBJECTS:
            content = _fill(data, dtype, shape, "F" if fortran else "C")
            flag: Any = bool(fortran)
            super().__setstate__((1, content.shape, content.dtype, flag, content.tobytes("A")))


def _fill(data: Any, dtype: Any, shape: Any, order: Any = "C") -> np.ndarray:
    """Return the array of ``shape`` that ``data`` holds, all of it."""
    if not isinstance(dtype, _DType) or dtype.dtype.kind == _OBJECTS:
        raise TypeError(f"an array of {dtype!r}")
    flat = np.frombuffer(data, dtype.dtype) if len(data) else np.empty(0, dtype.dtype)
    return flat.reshape(shape, order=order)


def _reconstruct(*_: Any) -> np.ndarray:
    return np.ndarray.__new__(_Array, (0,), np.dtype("b"))


def _scalar(dtype: Any, data: Any) -> Any:
    return _fill(data, dtype, ())[()]


def _encode(text: str, *_: Any) -> bytes:
    return text.encode("latin1")


_MODULES = [f"{package}.{module}" for package in ("numpy.core", "numpy._core") for module in ("multiarray", "numeric")]
_BUILDERS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): OrderedDict,
    **{(module, "_reconstruct"): _reconstruct for module in _MODULES},
    **{(module, "scalar"): _scalar for module in _MODULES},
    **{(module, "_frombuffer"): _fill for module in _MODULES},
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a builder of ours, and ``Inert`` for all else."""
        return _BUILDERS.get((module, name), Inert)
