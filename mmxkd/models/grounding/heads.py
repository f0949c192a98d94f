"""Heads shared by all levels of the pyramid."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.models.grounding.layers import ConvNormReLU, MaskedConv1d

_EMPTY_CLASS_PRIOR = 1e-6


class _Head(nn.Module):
    def __init__(self, in_dim: int, hidden_dim: int, out_dim: int, layers: int, kernel: int, norm: bool) -> None:
        super().__init__()
        self.convs = nn.ModuleList(ConvNormReLU(hidden_dim if number else in_dim, hidden_dim, kernel, norm) for number in range(layers - 1))
        self.out = MaskedConv1d(hidden_dim if layers > 1 else in_dim, out_dim, kernel)

    def _run(self, x: Tensor, mask: Tensor, size: int | None) -> Tensor:
        if size is not None:
            # What lies further right than the kernels reach does not matter.
            reach = (len(self.convs) + 1) * (self.out.kernel_size[0] // 2)
            x, mask = x[..., : size + reach], mask[..., : size + reach]
        for conv in self.convs:
            x = conv(x, mask)
        return self.out(x, mask).transpose(1, 2)[:, :size]


class ScoreHead(_Head):
    """Logits of every position.

    Args:
        in_dim, hidden_dim: channels of the pyramid and inside.
        num_classes: K.
        layers: convolutions, the last one included.
        kernel: of all of them.
        norm: layer norm in all but the last.
        prior: probability the logits start at; at or below 0 leaves the bias at 0.
        empty_classes: classes without any window in training, which start at 1e-6.
    """

    def __init__(
        self,
        in_dim: int,
        hidden_dim: int,
        num_classes: int,
        layers: int = 3,
        kernel: int = 3,
        norm: bool = True,
        prior: float = 0.01,
        empty_classes: Sequence[int] = (),
    ) -> None:
        super().__init__(in_dim, hidden_dim, num_classes, layers, kernel, norm)
        assert self.out.bias is not None
        with torch.no_grad():
            if prior > 0:
                self.out.bias.fill_(-math.log((1 - prior) / prior))
            for label in empty_classes:
                self.out.bias[label] = -math.log((1 - _EMPTY_CLASS_PRIOR) / _EMPTY_CLASS_PRIOR)

    def forward(self, x: Tensor, mask: Tensor, size: int | None = None) -> Tensor:
        """Return logits (N, T, K) of (N, C, T), 0 at padded positions; only of the first ``size`` positions if given."""
        return self._run(x, mask, size)


class BoundaryHead(_Head):
    """Distances of every position to start and end, in strides of its level; a learnt factor per level.

    Args:
        in_dim, hidden_dim, layers, kernel, norm: as of ``ScoreHead``.
        num_levels: levels of the pyramid.
    """

    def __init__(self, in_dim: int, hidden_dim: int, num_levels: int, layers: int = 3, kernel: int = 3, norm: bool = True) -> None:
        super().__init__(in_dim, hidden_dim, 2, layers, kernel, norm)
        self.scale = nn.Parameter(torch.ones(num_levels))

    def forward(self, x: Tensor, mask: Tensor, level: int, size: int | None = None) -> Tensor:
        """Return (left, right) distances (N, T, 2), at least 0, of (N, C, T); only of the first ``size`` positions if given."""
        return F.relu(self._run(x, mask, size) * self.scale[level])
