"""The published formulation of Video-FocalNet, transcribed plainly from its description, to measure ours against.

Frames travel in the batch axis as (B*T, h*w, C); the spatial branch permutes its projection to (B*T, C, h, w), the temporal one to
(B*h*w, C, T), and both use convolutions throughout. Parameter names are the official ones. Only the default options are here, and
what the released code computes to no effect (products with 1.0, sums with 0) is left out, so the comparison does not flatter us.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.models.layers.drop_path import DropPath


class Modulation(nn.Module):
    """Spatio-temporal focal modulation of (B*T, h, w, C)."""

    def __init__(self, dim: int, levels: int, window: int, frames: int) -> None:
        super().__init__()
        self.dim, self.levels, self.frames = dim, levels, frames
        sizes = [window + 2 * level for level in range(levels)]
        self.f = nn.Linear(dim, 2 * dim + levels + 1)
        self.h = nn.Conv2d(dim, dim, 1)
        self.proj = nn.Linear(dim, dim)
        self.focal_layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(dim, dim, k, padding=k // 2, groups=dim, bias=False), nn.GELU()) for k in sizes
        )
        self.f_temporal = nn.Linear(dim, dim + levels + 1)
        self.h_temporal = nn.Conv1d(dim, dim, 1)
        self.focal_layers_temporal = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, k, padding=k // 2, bias=False), nn.GELU()) for k in sizes
        )

    def forward(self, x: Tensor) -> Tensor:
        """Modulate tokens (B*T, h, w, C)."""
        batch, height, width, dim = x.shape
        clips = batch // self.frames
        projected = self.f(x).permute(0, 3, 1, 2).contiguous()
        query, context, gates = projected.split((dim, dim, self.levels + 1), 1)
        spatial = self.h(self._aggregate(self.focal_layers, context, gates, (2, 3)))

        projected = self.f_temporal(x).reshape(clips, self.frames, height, width, -1).permute(0, 2, 3, 4, 1)
        context, gates = projected.reshape(clips * height * width, -1, self.frames).split((dim, self.levels + 1), 1)
        temporal = self.h_temporal(self._aggregate(self.focal_layers_temporal, context, gates, (2,)))
        temporal = temporal.reshape(clips, height, width, dim, self.frames).permute(0, 4, 3, 1, 2).reshape(batch, dim, height, width)

        return self.proj((query * spatial * temporal).permute(0, 2, 3, 1).contiguous())

    def _aggregate(self, layers: nn.ModuleList, context: Tensor, gates: Tensor, axes: tuple[int, ...]) -> Tensor:
        total = None
        for level, layer in enumerate(layers):
            context = layer(context)
            gated = context * gates[:, level : level + 1]
            total = gated if total is None else total + gated
        return total + F.gelu(context.mean(axes, keepdim=True)) * gates[:, self.levels :]


class Mlp(nn.Module):
    """Linear - GELU - Linear."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Modulation and MLP on (B*T, h*w, C), each normalised before and added after."""

    def __init__(self, dim: int, levels: int, window: int, frames: int, drop_path: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.modulation = Modulation(dim, levels, window, frames)
        self.mlp = Mlp(dim, 4 * dim)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """Map (B*T, h*w, C) to the same shape."""
        branch = self.modulation(self.norm1(x).view(x.shape[0], height, width, -1)).view_as(x)
        x = x + self._drop(branch)
        return x + self._drop(self.mlp(self.norm2(x)))

    def _drop(self, x: Tensor) -> Tensor:
        return self.drop_path(x.unsqueeze(1)).squeeze(1)


class PatchEmbed(nn.Module):
    """Strided convolution of (B*T, C, h, w), flattened to tokens and normalised."""

    def __init__(self, in_chans: int, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_chans, dim, patch, patch)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> tuple[Tensor, int, int]:
        """Return tokens (B*T, h'*w', D) and their height and width."""
        x = self.proj(x)
        return self.norm(x.flatten(2).transpose(1, 2)), x.shape[2], x.shape[3]


class Stage(nn.Module):
    """Blocks, then the embedding of the next stage."""

    def __init__(self, blocks: list[Block], downsample: PatchEmbed | None) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.downsample = downsample

    def forward(self, x: Tensor, height: int, width: int) -> tuple[Tensor, int, int]:
        """Map (B*T, h*w, C) to the next stage's tokens, height and width."""
        for block in self.blocks:
            x = block(x, height, width)
        if self.downsample is None:
            return x, height, width
        return self.downsample(x.transpose(1, 2).reshape(x.shape[0], -1, height, width))


class ReferenceVideoFocalNet(nn.Module):
    """Clips (B, T, 3, H, W) to logits (B, K)."""

    def __init__(
        self,
        num_classes: int,
        embed_dim: int = 96,
        depths: Sequence[int] = (2, 2, 6, 2),
        focal_levels: Sequence[int] = (2, 2, 2, 2),
        focal_windows: Sequence[int] = (3, 3, 3, 3),
        num_frames: int = 8,
        drop_path_rate: float = 0.2,
    ) -> None:
        super().__init__()
        self.num_frames = num_frames
        self.patch_embed = PatchEmbed(3, embed_dim, 4)
        rates = iter(torch.linspace(0, drop_path_rate, sum(depths)).tolist())
        self.layers = nn.ModuleList()
        for i, (depth, levels, window) in enumerate(zip(depths, focal_levels, focal_windows, strict=True)):
            dim = embed_dim * 2**i
            blocks = [Block(dim, levels, window, num_frames, next(rates)) for _ in range(depth)]
            self.layers.append(Stage(blocks, PatchEmbed(dim, 2 * dim, 2) if i < len(depths) - 1 else None))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (B, K)."""
        x, height, width = self.patch_embed(clips.flatten(0, 1))
        for stage in self.layers:
            x, height, width = stage(x, height, width)
        per_frame = self.norm(x).transpose(1, 2).mean(2)
        return self.head(per_frame.unflatten(0, (-1, self.num_frames)).mean(1))
