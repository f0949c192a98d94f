"""Video-FocalNet B / S / T and VFL-Net (the nano student).

Papers: Wasim et al., "Video-FocalNets: Spatio-Temporal Focal Modulation for Video Action Recognition", 2023; "DVFL-Net",
arXiv:2507.12426. Official code: TalalWasim/Video-FocalNets, hayatkhan8660-maker/DVFL-Net (``classification/videofocalnet.py``).
Differences: tokens stay channels last, any number of frames works, nothing is stored on the modules, no position-dependent state.
"""

from collections.abc import Collection
from typing import cast

import numpy as np
import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mmxkd.models.base import check_want
from mmxkd.models.layers.drop_path import DropPath
from mmxkd.models.layers.focal_modulation import Maps, SpatioTemporalFocalModulation
from mmxkd.models.layers.patch_embed import PatchEmbed
from mmxkd.models.layers.token_linear import TokenLinear
from mmxkd.registry import MODELS

# Hidden values of an MLP computed at a time when inferring on a CPU, some frames after others: 8 MB stay in cache, and the memory is
# used again instead of being mapped anew. Takes 10 % (nano) and 7 % (T) off a forward pass of 8 x 224 x 224; nothing in training.
_CACHED_VALUES = 2**21
_MAP_KEYS = ("modulator", "modulator_spatial", "modulator_temporal", "gates_spatial", "gates_temporal")


class Mlp(nn.Module):
    """Linear - GELU - Linear, dropout after both."""

    def __init__(self, dim: int, hidden: int, drop: float) -> None:
        super().__init__()
        self.fc1 = TokenLinear(dim, hidden)
        self.fc2 = TokenLinear(hidden, dim)
        self.drop = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (B, T, H, W, C) to the same shape."""
        parts = -(-x.shape[:-1].numel() * self.fc1.out_features // _CACHED_VALUES)
        if torch.is_grad_enabled() or not x.is_cpu or parts < 2:
            return self._map(x)
        return torch.cat([self._map(frames) for frames in x.flatten(0, 1).unsqueeze(1).chunk(parts)]).view_as(x)

    def _map(self, x: Tensor) -> Tensor:
        return self.drop(self.fc2(self.drop(nn.functional.gelu(self.fc1(x)))))


class FocalBlock(nn.Module):
    """Modulation and MLP, each in a residual branch (fact sheet 1.2)."""

    def __init__(
        self,
        dim: int,
        modulation: SpatioTemporalFocalModulation,
        mlp_ratio: float,
        drop: float,
        drop_path: float,
        use_postln: bool,
        layerscale: float | None,
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.modulation = modulation
        self.mlp = Mlp(dim, int(dim * mlp_ratio), drop)
        self.drop_path = DropPath(drop_path)
        self.use_postln = use_postln
        self.gamma_1 = nn.Parameter(torch.full((dim,), layerscale)) if layerscale is not None else None
        self.gamma_2 = nn.Parameter(torch.full((dim,), layerscale)) if layerscale is not None else None

    def forward(self, x: Tensor, maps: Maps | None = None) -> Tensor:
        """Map (B, T, H, W, C) to the same shape; ``maps`` as in ``SpatioTemporalFocalModulation``."""
        if self.use_postln:
            x = x + self._branch(self.norm1(self.modulation(x, maps)), self.gamma_1)
            return x + self._branch(self.norm2(self.mlp(x)), self.gamma_2)
        x = x + self._branch(self.modulation(self.norm1(x), maps), self.gamma_1)
        return x + self._branch(self.mlp(self.norm2(x)), self.gamma_2)

    def _branch(self, x: Tensor, gamma: Tensor | None) -> Tensor:
        return self.drop_path(x if gamma is None else x * gamma)


class FocalStage(nn.Module):
    """Blocks at one resolution, then the embedding of the next stage."""

    def __init__(self, blocks: list[FocalBlock], downsample: PatchEmbed | None, use_checkpoint: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.downsample = downsample
        self.use_checkpoint = use_checkpoint

    def forward(self, x: Tensor, maps: Maps | None = None) -> Tensor:
        """Run the blocks on (B, T, H, W, C); ``maps`` receives the last block's."""
        last = len(self.blocks) - 1
        for index, block in enumerate(self.blocks):
            wanted = maps if index == last else None
            if self.use_checkpoint and self.training and wanted is None:
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x, wanted)
        return x


@MODELS.register_module()
class VideoFocalNet(BaseModule):
    """Video-FocalNet backbone; the defaults are Video-FocalNet-T with 8 frames.

    Output keys, i from 1: ``embed{i}`` and ``stage{i}`` (N, C_i, T', H_i, W_i), the tokens that enter and leave the blocks of
    stage i; of each stage's last block ``modulator/{i}`` (the product), ``modulator_spatial/{i}``, ``modulator_temporal/{i}``
    (N, C_i, T', H_i, W_i) and the raw ``gates_spatial/{i}``, ``gates_temporal/{i}`` (N, L_i + 1, T', H_i, W_i); ``feat`` (N, D),
    the normalised mean over space and time. Maps carry gradients and exist only when wanted.

    Args:
        img_size, num_frames: the nominal input (for cost tables); other sizes work.
        patch_size: side of the stem's patches.
        in_chans: input channels.
        embed_dim: width of the first stage, doubled by each further one.
        depths, focal_levels, focal_windows: per stage.
        mlp_ratio, drop_rate, drop_path_rate, patch_norm, use_conv_embed, use_layerscale, layerscale_value, use_postln,
            use_postln_in_modulation, normalize_modulator, tubelet_size, focal_factor: see fact sheet section 1.
        temporal_identity: start the temporal modulator at one (bias 1, small weights), so that the network begins as its 2-D
            counterpart; published: False, it starts near +-0.1.
        use_checkpoint: recompute blocks in the backward pass to save memory.
    """

    def __init__(
        self,
        img_size: int = 224,
        patch_size: int = 4,
        in_chans: int = 3,
        embed_dim: int = 96,
        depths: Collection[int] = (2, 2, 6, 2),
        focal_levels: Collection[int] = (2, 2, 2, 2),
        focal_windows: Collection[int] = (3, 3, 3, 3),
        mlp_ratio: float = 4.0,
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.2,
        patch_norm: bool = True,
        use_conv_embed: bool = False,
        use_layerscale: bool = False,
        layerscale_value: float = 1e-4,
        use_postln: bool = False,
        use_postln_in_modulation: bool = False,
        normalize_modulator: bool = False,
        num_frames: int = 8,
        tubelet_size: int = 1,
        focal_factor: int = 2,
        temporal_identity: bool = False,
        use_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        depths, levels, windows = list(depths), list(focal_levels), list(focal_windows)
        if not len(depths) == len(levels) == len(windows) > 0:
            raise ValueError(f"depths {depths}, focal_levels {levels} and focal_windows {windows} need one entry per stage")
        if num_frames % tubelet_size:
            raise ValueError(f"num_frames={num_frames} is no multiple of tubelet_size={tubelet_size}")
        self.input_shape = (in_chans, num_frames, img_size, img_size)
        self.num_stages = len(depths)
        self.num_features = embed_dim * 2 ** (self.num_stages - 1)
        self.temporal_identity = temporal_identity
        embedding = dict(use_conv_embed=use_conv_embed, patch_norm=patch_norm)
        self.patch_embed = PatchEmbed(in_chans, embed_dim, patch_size, tubelet_size, is_stem=True, **embedding)
        rates = iter(np.linspace(0, drop_path_rate, sum(depths)).tolist())
        self.layers = nn.ModuleList()
        for stage, (depth, level, window) in enumerate(zip(depths, levels, windows, strict=True)):
            dim = embed_dim * 2**stage
            blocks = [
                FocalBlock(
                    dim,
                    SpatioTemporalFocalModulation(
                        dim, window, level, focal_factor, drop_rate, use_postln_in_modulation, normalize_modulator
                    ),
                    mlp_ratio,
                    drop_rate,
                    next(rates),
                    use_postln,
                    layerscale_value if use_layerscale else None,
                )
                for _ in range(depth)
            ]
            is_last = stage == self.num_stages - 1
            # Between stages the tokens are always normalised, whatever `patch_norm` says of the stem.
            downsample = None if is_last else PatchEmbed(dim, 2 * dim, 2, use_conv_embed=use_conv_embed)
            self.layers.append(FocalStage(blocks, downsample, use_checkpoint))
        self.norm = nn.LayerNorm(self.num_features)
        self._init_parameters()

    def available(self) -> frozenset[str]:
        """Return the keys ``forward`` accepts in ``want``."""
        stages = range(1, self.num_stages + 1)
        maps = {f"{key}/{i}" for key in _MAP_KEYS for i in stages}
        return frozenset(maps | {f"{key}{i}" for key in ("embed", "stage") for i in stages} | {"feat"})

    def forward(self, x: Tensor, want: Collection[str] = ("feat",)) -> dict[str, Tensor]:
        """Compute the wanted outputs of clips (N, C, T, H, W); see the class for keys and shapes.

        Raises:
            KeyError: a key that is not in ``available()``.
            ValueError: a clip too small for the patches or of a length that is no multiple of the tubelet.
        """
        check_want(want, self.available(), type(self).__name__)
        if x.ndim != 5 or x.shape[1] != self.input_shape[0]:
            raise ValueError(f"clips of shape {tuple(x.shape)}; expected (N, {self.input_shape[0]}, T, H, W)")
        outputs: dict[str, Tensor] = {}

        def keep(key: str, value: Tensor) -> None:
            """Note an output; what nobody wants is not held until the end, where it would be the peak of the memory."""
            if key in want:
                outputs[key] = value.permute(0, 4, 1, 2, 3)

        x = self.patch_embed(x.permute(0, 2, 3, 4, 1).contiguous())
        for i, stage in enumerate(cast(list[FocalStage], self.layers), start=1):
            keep(f"embed{i}", x)
            maps: Maps | None = {} if any(f"{key}/{i}" in want for key in _MAP_KEYS) else None
            x = stage(x, maps)
            keep(f"stage{i}", x)
            if maps is not None:
                maps["modulator"] = maps["modulator_spatial"] * maps["modulator_temporal"]
                for key, value in maps.items():
                    keep(f"{key}/{i}", value)
            if stage.downsample is not None:
                x = stage.downsample(x)
        if "feat" in want:
            outputs["feat"] = self.norm(x).mean((1, 2, 3))
        return outputs

    def _init_parameters(self) -> None:
        """Linear layers: truncated normal 0.02, bias 0; convolutions keep PyTorch's default (fact sheet 1.5)."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
            elif isinstance(module, SpatioTemporalFocalModulation) and self.temporal_identity:
                nn.init.trunc_normal_(module.h_temporal.weight, std=0.02)
                nn.init.constant_(cast(Tensor, module.h_temporal.bias), 1.0)
