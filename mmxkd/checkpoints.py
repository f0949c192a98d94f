"""Reading checkpoint files, weights only."""

import pickle
import struct
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmxkd.errors import DataError


def resolve_checkpoint(path: str | Path) -> Path:
    """Return the file that ``path`` names; a pattern with ``*`` must match exactly one.

    Raises:
        DataError: nothing there, or several files match.
    """
    path = Path(path).expanduser()
    if "*" not in path.name:
        found = [path] if path.is_file() else []
    else:
        found = sorted(path.parent.glob(path.name))
    if len(found) != 1:
        several = f"; {len(found)} files match: {', '.join(item.name for item in found[:4])}" if found else ""
        raise DataError(f"{path}: no such checkpoint file{several}")
    return found[0]


class UnsafeCheckpointError(DataError):
    """The file pickles objects beside its weights."""


def read_file(path: str | Path) -> Any:
    """Load a file of plain values and tensors onto the CPU.

    Raises:
        DataError: no such file, or not a checkpoint; ``UnsafeCheckpointError`` when it holds other objects.
    """
    path = resolve_checkpoint(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0][:160]
        raise UnsafeCheckpointError(
            f"{path}: holds more than weights ({reason}); if it is an official checkpoint from a source you trust, convert it "
            "with tools/convert_checkpoint.py --allow-pickle"
        ) from None
    except (RuntimeError, EOFError, ValueError, struct.error) as error:
        raise DataError(f"{path}: not a readable checkpoint ({error})") from None


def load_checkpoint(path: str | Path) -> dict:
    """Load one of our checkpoints: a dict with ``state_dict`` and ``meta``.

    Raises:
        DataError: as ``read_file``, or an official file that was not converted.
    """
    checkpoint = read_file(path)
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise DataError(f"{path}: has no 'state_dict'; convert official checkpoints with tools/convert_checkpoint.py first")
    return checkpoint


def load_state_dict(path: str | Path) -> dict[str, Tensor]:
    """Return a checkpoint's model weights, without what a distiller keeps beside them (``distill.*``)."""
    return {key: value for key, value in load_checkpoint(path)["state_dict"].items() if not key.startswith("distill.")}
