"""From the loader's uint8 clips to the float batch on the model's device."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS


@MODELS.register_module()
class VideoDataPreprocessor(BaseDataPreprocessor):
    """Stack, move, normalise and (in training) mix a batch of clips.

    Args:
        mean: Per channel, in units of uint8 pixels (0 ... 255), RGB.
        std: Per channel, same units.
        mix: ``MixupCutmix`` or its config; applied in training only.
        non_blocking: Whether copies to the device need not be waited for.

    Raises:
        ConfigError: ``mean`` and ``std`` differ in length, or a ``std`` is not positive.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float], mix: Any = None, non_blocking: bool = False) -> None:
        super().__init__(non_blocking)
        if len(mean) != len(std) or min(std) <= 0:
            raise ConfigError(f"data_preprocessor.mean={list(mean)}, std={list(std)}; accepted: one number per channel each, std above 0")
        # Constants of the config, not state: a checkpoint does not hold them.
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(-1, 1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(-1, 1, 1, 1), persistent=False)
        self.mix = MODELS.build(mix) if isinstance(mix, dict) else mix

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return ``{'inputs': float32 (N, V, C, T, H, W), 'data_samples': list | None}`` on the device.

        Args:
            data: ``inputs``: list of N tensors (V, C, T, H, W), uint8 or float, or a batch of them; ``data_samples``: N samples.
            training: Whether to mix, which also gives every sample a ``gt_score``.

        Raises:
            DataError: The clips of the batch differ in shape.
        """
        samples = data.get("data_samples")
        inputs = self.cast_data(data["inputs"])
        if not isinstance(inputs, Tensor):
            inputs = self._stack(inputs, samples)
        # One float batch is allocated, everything after that happens in place.
        inputs = inputs.to(torch.float32, copy=True).sub_(self.mean).div_(self.std)
        if training and self.mix is not None:
            if samples is None:
                raise ValueError("mixing needs data_samples")
            # Before the samples follow to the device: reading labels back from it would wait for everything queued there.
            inputs = self.mix(inputs, samples)
        return {"inputs": inputs, "data_samples": self.cast_data(samples)}

    def _stack(self, clips: Sequence[Tensor], samples: Sequence[Any] | None) -> Tensor:
        shapes: dict[tuple[int, ...], list[str]] = {}
        for number, clip in enumerate(clips):
            name = samples[number].get("uid", f"#{number}") if samples is not None else f"#{number}"
            shapes.setdefault(tuple(clip.shape), []).append(str(name))
        if len(shapes) > 1:
            seen = "; ".join(f"{shape}: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}" for shape, names in shapes.items())
            raise DataError(
                f"the clips of a batch differ in shape ({seen}); crop or resize to one size in the pipeline, or use batch_size=1"
            )
        return torch.stack(list(clips))
