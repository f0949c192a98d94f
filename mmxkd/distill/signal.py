"""What a teacher says."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Signal:
    """Named teacher tensors, each with a mask of what may be used.

    Attributes:
        tensors: key -> (N, ...).
        valid: key -> bool mask whose shape is a prefix of the tensor's: (N,), (N, L) ...; absent means all valid.
    """

    tensors: dict[str, Tensor]
    valid: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the masks; raises ``ValueError`` naming the key and both shapes."""
        for key, mask in self.valid.items():
            if key not in self.tensors or mask.shape != self.tensors[key].shape[: mask.ndim] or mask.dtype != torch.bool:
                shape = tuple(self.tensors[key].shape) if key in self.tensors else None
                raise ValueError(
                    f"valid[{key!r}] is {mask.dtype} of shape {tuple(mask.shape)}; tensor shape {shape}, expected a bool prefix"
                )

    def mask(self, key: str) -> Tensor:
        """Return the mask of ``key``; (N,) of True when nothing was said."""
        if key in self.valid:
            return self.valid[key]
        tensor = self.tensors[key]
        return torch.ones(tensor.shape[:1], dtype=torch.bool, device=tensor.device)
