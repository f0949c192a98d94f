"""ResNeXt on space and time: the 3-D stream of HowTo100M's features, and small ones for small clips.

Paper: Hara et al., "Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs and ImageNet?", CVPR 2018; published weights:
kenshohara/3D-ResNets-PyTorch (ResNeXt-101, 16 frames of 112 x 112). Module names follow theirs.
"""

from collections.abc import Collection, Sequence
from typing import cast

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.models.base import Outputs, check_want
from mmxkd.registry import MODELS

_EXPANSION = 2
_REFERENCE_CARDINALITY = 32


class Bottleneck(nn.Module):
    """1x1x1, grouped 3x3x3 and 1x1x1 convolutions in a residual branch.

    Args:
        inputs: channels in.
        planes: half the channels out.
        cardinality: groups of the middle convolution, whose width is ``planes * cardinality / 32``.
        stride: of the middle convolution, in space and time.
    """

    def __init__(self, inputs: int, planes: int, cardinality: int, stride: int) -> None:
        super().__init__()
        width, outputs = planes * cardinality // _REFERENCE_CARDINALITY, planes * _EXPANSION
        self.conv1 = nn.Conv3d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, 3, stride, 1, groups=cardinality, bias=False)
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm3d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, T, H, W) to (N, 2 planes, T', H', W')."""
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + shortcut)


@MODELS.register_module()
class ResNeXt3D(BaseModule):
    """ResNeXt with 3-D convolutions.

    Output keys: ``feat`` (N, D), the mean of the last map over time and space, D = 2 * ``planes[-1]``; ``stage1`` .. ``stage4``
    (N, C, T, H, W).

    Args:
        depths: blocks per stage.
        planes: half the channels of each stage.
        cardinality: groups.
        stem_channels: channels of the first convolution.
        stem_kernel: its kernel in time and space.
        input_shape: (C, T, H, W) of a clip.
        init_cfg: of MMEngine.

    Raises:
        ConfigError: widths that the cardinality does not divide.
    """

    def __init__(
        self,
        depths: Sequence[int] = (3, 4, 23, 3),
        planes: Sequence[int] = (128, 256, 512, 1024),
        cardinality: int = 32,
        stem_channels: int = 64,
        stem_kernel: Sequence[int] = (7, 7, 7),
        input_shape: Sequence[int] = (3, 16, 112, 112),
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(depths) != len(planes) or any(width % _REFERENCE_CARDINALITY for width in planes):
            raise ConfigError(f"ResNeXt3D: depths={list(depths)}, planes={list(planes)}; accepted: as many, planes in multiples of 32")
        self.input_shape = tuple(input_shape)
        kernel, padding = _triple(stem_kernel), _triple([size // 2 for size in stem_kernel])
        self.conv1 = nn.Conv3d(self.input_shape[0], stem_channels, kernel, (1, 2, 2), padding, bias=False)
        self.bn1 = nn.BatchNorm3d(stem_channels)
        self.relu = nn.ReLU(inplace=True)
        self.num_stages = len(depths)
        channels = stem_channels
        for stage, (depth, width) in enumerate(zip(depths, planes, strict=True)):
            blocks = []
            for block in range(depth):
                blocks.append(Bottleneck(channels, width, cardinality, stride=2 if stage and not block else 1))
                channels = width * _EXPANSION
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.num_features = channels
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def available(self) -> frozenset[str]:
        """Return the keys ``forward`` accepts."""
        return frozenset({"feat"} | {f"stage{number + 1}" for number in range(self.num_stages)})

    def forward(self, clips: Tensor, want: Collection[str] = ("feat",)) -> Outputs:
        """Compute the wanted outputs of ``clips`` (N, C, T, H, W) float."""
        check_want(want, self.available(), type(self).__name__)
        x = max_pool(self.relu(self.bn1(self.conv1(clips))))
        outputs: Outputs = {}
        for number in range(1, self.num_stages + 1):
            x = self.get_submodule(f"layer{number}")(x)
            outputs[f"stage{number}"] = x
        outputs["feat"] = x.mean(dim=(2, 3, 4))
        return {key: outputs[key] for key in want}


def max_pool(x: Tensor) -> Tensor:
    """Return the maxima (N, C, T', H', W') of ``x`` over 3 x 3 x 3 with stride 2 and padding 1.

    When inferring on a CPU one axis after the other by element-wise maxima, which takes a third of the time of the library's pooling,
    nearly half of a small network's forward pass. (Their gradients share out ties, so training keeps to the library's.)
    """
    if torch.is_grad_enabled() or not x.is_cpu:
        return nn.functional.max_pool3d(x, 3, 2, 1)
    for axis in (2, 3, 4):
        count = (x.shape[axis] + 1) // 2
        padded = nn.functional.pad(x, [0, 0] * (4 - axis) + [1, 1], value=-torch.inf)
        first, middle, last = (padded.narrow(axis, start, 2 * count - 1).unfold(axis, 1, 2).squeeze(-1) for start in range(3))
        x = torch.maximum(torch.maximum(first, middle), last)
    return x


def _triple(sizes: Sequence[int]) -> tuple[int, int, int]:
    return cast(tuple[int, int, int], tuple(sizes))
