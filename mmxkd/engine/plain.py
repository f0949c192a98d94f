"""Checkpoints of tensors and plain values, which ``torch.load(weights_only=True)`` opens without trusting anybody."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

_PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.Tensor, torch.Size, torch.dtype, torch.device)
_BUFFER_KEYS = {"values", "counts", "max_length"}


def to_plain(value: Any, where: str = "checkpoint") -> Any:
    """Return ``value`` with NumPy numbers, arrays, paths and MMEngine's log buffers replaced by plain values and tensors.

    Raises:
        TypeError: something in it has no plain form; the message names the place.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy()) if value.dtype.kind in "biufc" else to_plain(value.tolist(), where)
    if isinstance(value, HistoryBuffer):
        return _pack(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return _to_plain_mapping(value, where)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        items = [to_plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, (set, frozenset)):
        return {to_plain(item, where) for item in value}
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(f"{where} is a {type(value).__name__}, which a weights-only checkpoint cannot hold")


def _to_plain_mapping(value: Mapping, where: str) -> dict:
    items = {to_plain(key, where): to_plain(item, f"{where}.{key}") for key, item in value.items()}
    if not isinstance(value, OrderedDict):
        return items
    ordered = OrderedDict(items)
    if hasattr(value, "_metadata"):
        ordered._metadata = value._metadata  # type: ignore[attr-defined]  # versions of torch's own modules
    return ordered


def _pack(buffer: HistoryBuffer) -> dict[str, Any]:
    values, counts = buffer.data
    return {"values": torch.from_numpy(values.copy()), "counts": torch.from_numpy(counts.copy()), "max_length": buffer.max_length}


def unpack_buffers(scalars: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message hub's ``log_scalars`` with the log buffers rebuilt; what was no packed buffer stays."""
    return {
        name: HistoryBuffer(item["values"].cpu().numpy(), item["counts"].cpu().numpy(), item["max_length"])
        if isinstance(item, Mapping) and set(item) == _BUFFER_KEYS
        else item
        for name, item in scalars.items()
    }
