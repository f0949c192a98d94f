"""An accelerator for tests: its tensors hold their values in main memory, but PyTorch takes them for another device's.

What a GPU refuses, it refuses: operators on tensors of two devices. What a GPU computes, it computes, on the CPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from mmxkd.distill.distiller import Distiller

#: These take tensors of two devices on a GPU, too: copies, and indices, which may lie in main memory.
_ACROSS = ("aten::_to_copy", "aten::copy_", "aten::index", "aten::index_put_", "aten::index_put", "aten::_index_put_impl_")


class _Module(_DummyBackendModule):
    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]


@cache
def other_device() -> torch.device:
    """Return the device."""
    _setup_privateuseone_for_python_backend("elsewhere", _Module())
    return torch.device("elsewhere", 0)


class _Elsewhere(Tensor):
    values: Tensor

    @staticmethod
    def __new__(cls, values: Tensor) -> "_Elsewhere":
        shape, strides, start = values.shape, values.stride(), values.storage_offset()
        made = Tensor._make_wrapper_subclass(cls, shape, strides=strides, storage_offset=start, dtype=values.dtype, device=other_device())
        made.values = values
        return made

    def tolist(self) -> Any:
        return self.values.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})


class _Factories(TorchDispatchMode):
    """Catches what makes tensors there out of nothing."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})


def _compute(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [item for item in tree_flatten((args, kwargs))[0] if isinstance(item, Tensor)]
    there = any(isinstance(item, _Elsewhere) for item in tensors)
    name = func._schema.name
    if there and name not in _ACROSS:
        strangers = [tuple(item.shape) for item in tensors if not isinstance(item, _Elsewhere) and item.ndim]
        if strangers:
            raise RuntimeError(f"{name}: tensors of two devices, in main memory those of shape {strangers}")
    target = kwargs.get("device")
    if target is not None:
        there = torch.device(target).type == other_device().type
        kwargs = {**kwargs, "device": torch.device("cpu")}
    out = func(*tree_map(_values, args), **tree_map(_values, kwargs))
    if name == "aten::copy_":
        return args[0]
    if func._schema.is_mutable and not isinstance(out, tuple | list):
        changed = [item for item in tensors if isinstance(item, _Elsewhere) and item.values is out]
        if changed:
            return changed[0]
    return tree_map(lambda item: _Elsewhere(item) if there and isinstance(item, Tensor) else item, out)


def _values(item: Any) -> Any:
    return item.values if isinstance(item, _Elsewhere) else item


@contextmanager
def elsewhere(model: nn.Module) -> Iterator[torch.device]:
    """Move ``model`` to the device, a teacher with it, and let tensors be made there; it is of no use afterwards."""
    device = other_device()
    parameters: dict[int, nn.Parameter] = {}  # shared ones stay shared
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                moved = nn.Parameter(_Elsewhere(parameter.detach().clone()), parameter.requires_grad)
                module._parameters[name] = parameters.setdefault(id(parameter), moved)
        for name, buffer in module._buffers.items():
            module._buffers[name] = _move(buffer) if buffer is not None else None
        if isinstance(module, Distiller):
            module.teacher.apply_to_tensors(_move)
        if hasattr(module, "_device"):
            module._device = device
    with _Factories():
        yield device


def _move(tensor: Tensor) -> Tensor:
    return tensor if isinstance(tensor, _Elsewhere) else _Elsewhere(tensor.detach().clone())
