"""A loader worker's batch on its way to the training process: one block of shared memory, however many tensors it holds."""

import io
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

#: Tensors start at multiples of this many bytes, which suits every dtype.
_ALIGNMENT = 64
#: Bytes up to which a tensor travels with the text. A label that a metric keeps must not keep the batch's clips in memory.
_SMALL = 4096


class ParcelCollate:
    """Have what another collate function makes in a worker arrive as one piece.

    PyTorch sends every tensor of a batch by itself, with a file of its own and a connection to hand that over: a quarter of a
    millisecond each in the training process, which is longer than a small clip or a text takes to make (``benchmarks/worker_batches.py``),
    and "too many open files" where batches are large. What arrives is the same; its large tensors share one block of memory.

    Args:
        collate: list of samples -> batch.
    """

    def __init__(self, collate: Callable[[list[Any]], Any]) -> None:
        self.collate = collate

    def __call__(self, samples: list[Any]) -> Any:
        """Return the batch; in a worker as what becomes the batch where it is received."""
        batch = self.collate(samples)
        return batch if get_worker_info() is None else _Parcel(batch)


class _Parcel:
    """A batch packed when made, so that an error (a full /dev/shm, say) is the worker's to report; it unpickles as the batch."""

    def __init__(self, batch: Any) -> None:
        text = io.BytesIO()
        packer = _Packer(text)
        packer.dump(batch)
        self.content = text.getvalue(), packer.block()

    def __reduce__(self) -> tuple[Callable, tuple[bytes, Tensor]]:
        return _unpack, self.content


class _Packer(pickle.Pickler):
    """Pickle everything but the large tensors, and note what fits where in the block."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._tensors: list[tuple[int, Tensor]] = []
        self._size = 0

    def persistent_id(self, obj: Any) -> tuple[int | bytes, torch.dtype, torch.Size] | None:
        """Give a plain tensor its place; tensors of other kinds and everything else are pickled as ever."""
        if type(obj) is not Tensor or obj.device.type != "cpu" or obj.layout != torch.strided:
            return None
        if obj.requires_grad or obj.is_quantized or obj.is_conj() or obj.is_neg():
            return None
        if obj.nbytes <= _SMALL:
            copied = obj.clone(memory_format=torch.contiguous_format)  # a tensor of one element may have a stride of 0 otherwise
            return copied.view(-1).view(torch.uint8).numpy().tobytes(), obj.dtype, obj.shape
        start = self._size
        self._tensors.append((start, obj))
        self._size = -(-(start + obj.nbytes) // _ALIGNMENT) * _ALIGNMENT
        return start, obj.dtype, obj.shape

    def block(self) -> Tensor:
        """Return the bytes (B,) of the large tensors, in shared memory."""
        block = torch.empty(self._size, dtype=torch.uint8).share_memory_()
        for start, tensor in self._tensors:
            _view(block[start:], tensor.dtype, tensor.shape).copy_(tensor)
        return block


class _Unpacker(pickle.Unpickler):
    def __init__(self, text: bytes, block: Tensor) -> None:
        super().__init__(io.BytesIO(text))
        self._block = block

    def persistent_load(self, pid: tuple[int | bytes, torch.dtype, torch.Size]) -> Tensor:
        """Return the tensor that was sent as bytes, or that lies in the block."""
        place, dtype, shape = pid
        if isinstance(place, int):
            return _view(self._block[place:], dtype, shape)
        return torch.frombuffer(bytearray(place), dtype=dtype).view(shape) if place else torch.empty(shape, dtype=dtype)


def _unpack(text: bytes, block: Tensor) -> Any:
    return _Unpacker(text, block).load()


def _view(block: Tensor, dtype: torch.dtype, shape: torch.Size) -> Tensor:
    return block[: shape.numel() * dtype.itemsize].view(dtype).view(shape)
