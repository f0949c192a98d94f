"""Spatio-temporal focal modulation, computed channels last.

Source: TalalWasim/Video-FocalNets and hayatkhan8660-maker/DVFL-Net, ``classification/videofocalnet.py``. Parameter names and
shapes are theirs, so official weights load key by key; the computation is arranged anew (see ``SpatioTemporalFocalModulation``).
"""

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.models.layers.token_linear import TokenLinear, token_linear

Maps = dict[str, Tensor]


class SpatioTemporalFocalModulation(nn.Module):
    """``proj(LN?(q * m * m_t))`` with a spatial modulator m and a temporal modulator m_t of the same tokens.

    Tokens stay in (B, T, H, W, C) memory throughout. The spatial depthwise convolutions see it as a channels-last image batch
    and the dense temporal ones as a channels-last image of size T x HW with kernels k x 1, so nothing is ever permuted in memory;
    the 1x1 convolutions are matrix products, and the parts of the two input projections are rows of one weight each.

    Args:
        dim: channels C.
        focal_window: first window w; level l has size ``w + focal_factor * l`` (odd, zero padded).
        focal_level: number of levels L.
        focal_factor: growth of the window per level.
        proj_drop: dropout after the output projection.
        use_postln_in_modulation: normalise ``q * m * m_t`` before the projection.
        normalize_modulator: divide both aggregated contexts by L + 1.
    """

    def __init__(
        self,
        dim: int,
        focal_window: int,
        focal_level: int,
        focal_factor: int = 2,
        proj_drop: float = 0.0,
        use_postln_in_modulation: bool = False,
        normalize_modulator: bool = False,
    ) -> None:
        super().__init__()
        sizes = [focal_window + focal_factor * level for level in range(focal_level)]
        if any(size % 2 == 0 or size < 1 for size in sizes):
            raise ValueError(f"focal_windows give kernel sizes {sizes}; they must be odd to keep the resolution")
        self.dim, self.focal_level, self.normalize_modulator = dim, focal_level, normalize_modulator
        self.f = nn.Linear(dim, 2 * dim + focal_level + 1)
        self.h = nn.Conv2d(dim, dim, 1)
        self.proj = TokenLinear(dim, dim)
        self.proj_drop = nn.Dropout(proj_drop)
        # The nested Sequential only reproduces the official key `focal_layers.<level>.0.weight`.
        self.focal_layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(dim, dim, size, padding=size // 2, groups=dim, bias=False)) for size in sizes
        )
        self.f_temporal = nn.Linear(dim, dim + focal_level + 1)
        self.h_temporal = nn.Conv1d(dim, dim, 1)
        self.focal_layers_temporal = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, size, padding=size // 2, bias=False)) for size in sizes
        )
        self.ln = nn.LayerNorm(dim) if use_postln_in_modulation else None

    def forward(self, x: Tensor, maps: Maps | None = None) -> Tensor:
        """Modulate tokens.

        Args:
            x: (B, T, H, W, C).
            maps: a dict to be filled with ``modulator_spatial``, ``modulator_temporal`` (B, T, H, W, C) and ``gates_spatial``,
                ``gates_temporal`` (B, T, H, W, L + 1), part of the graph; ``None`` keeps nothing.

        Returns:
            (B, T, H, W, C).
        """
        dim = self.dim
        weight, bias = self.f.weight, self.f.bias
        query = token_linear(x, weight[:dim], bias[:dim])
        context = token_linear(x, weight[dim : 2 * dim], bias[dim : 2 * dim])
        gates = token_linear(x, weight[2 * dim :], bias[2 * dim :])
        spatial = token_linear(self._aggregate_space(context, gates), self.h.weight.flatten(1), cast(Tensor, self.h.bias))

        weight, bias = self.f_temporal.weight, self.f_temporal.bias
        context = token_linear(x, weight[:dim], bias[:dim])
        gates_temporal = token_linear(x, weight[dim:], bias[dim:])
        summary = self._aggregate_time(context, gates_temporal)
        temporal = token_linear(summary, self.h_temporal.weight.flatten(1), cast(Tensor, self.h_temporal.bias))

        if maps is not None:
            maps.update(modulator_spatial=spatial, modulator_temporal=temporal, gates_spatial=gates, gates_temporal=gates_temporal)
        out = query * spatial * temporal
        if self.ln is not None:
            out = self.ln(out)
        return self.proj_drop(self.proj(out))

    def _aggregate_space(self, context: Tensor, gates: Tensor) -> Tensor:
        """Gated sum of the spatial levels of (B, T, H, W, C), per frame."""
        frames = context.flatten(0, 1).permute(0, 3, 1, 2)  # a channels-last view, no copy
        levels = []
        for layer in self.focal_layers:
            frames = F.gelu(layer(frames))
            levels.append(frames.permute(0, 2, 3, 1).view_as(context))
        summary = F.gelu(levels[-1].mean((2, 3), keepdim=True)) if levels else F.gelu(context.mean((2, 3), keepdim=True))
        return self._gated_sum(levels, summary, gates)

    def _aggregate_time(self, context: Tensor, gates: Tensor) -> Tensor:
        """Gated sum of the temporal levels of (B, T, H, W, C), per position."""
        clip = context.flatten(2, 3).permute(0, 3, 1, 2)  # (B, C, T, HW), channels last
        levels = []
        for layer in self.focal_layers_temporal:
            conv = cast(nn.Conv1d, cast(nn.Sequential, layer)[0])
            clip = F.gelu(F.conv2d(clip, conv.weight.unsqueeze(-1), padding=(int(conv.padding[0]), 0)))
            levels.append(clip.permute(0, 2, 3, 1).view_as(context))
        summary = F.gelu(levels[-1].mean(1, keepdim=True)) if levels else F.gelu(context.mean(1, keepdim=True))
        return self._gated_sum(levels, summary, gates)

    def _gated_sum(self, levels: list[Tensor], summary: Tensor, gates: Tensor) -> Tensor:
        """``sum_l levels_l * gates_l + summary * gates_L``; gates are raw, without a squashing function."""
        total = summary * gates[..., self.focal_level :]
        for index, level in enumerate(levels):
            total.addcmul_(level, gates[..., index : index + 1])
        return total / (self.focal_level + 1) if self.normalize_modulator else total
