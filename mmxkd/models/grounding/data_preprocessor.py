"""From features of clips and questions to padded batches."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS

_STREAMS = ("video", "text")


@MODELS.register_module()
class GroundingDataPreprocessor(BaseDataPreprocessor):
    """Check, pad and move features: ``{'video': (C, T), 'text': (D, L)}`` of each sample to one batch.

    Args:
        video_dim: C.
        text_dim: D.
        max_seq_len: longest clip in features.
        pad_video_to: ``longest`` of the batch; ``max_seq_len`` as published. The model gives the same either way, see
            ``MomentLocalizer``.
        non_blocking: Whether copies to the device need not be waited for.

    Raises:
        ConfigError: an unknown ``pad_video_to``.
    """

    def __init__(
        self, video_dim: int, text_dim: int, max_seq_len: int = 2560, pad_video_to: str = "longest", non_blocking: bool = False
    ) -> None:
        super().__init__(non_blocking)
        if pad_video_to not in ("longest", "max_seq_len"):
            raise ConfigError(f"data_preprocessor.pad_video_to={pad_video_to!r}; accepted: 'longest', 'max_seq_len'")
        self.dims = {"video": video_dim, "text": text_dim}
        self.max_seq_len, self.pad_video_to = max_seq_len, pad_video_to

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return ``inputs``: ``video`` float32 (N, C, T), ``video_mask`` bool (N, T), ``text`` (N, D, L), ``text_mask`` (N, L).

        Args:
            data: ``inputs``: N dicts of float tensors, or ``{'video': N tensors, 'text': N tensors}``; ``data_samples``: N samples.
            training: not used.

        Raises:
            DataError: features of another width, dtype or length, or not finite; the message names stream and uid.
        """
        samples = data.get("data_samples")
        inputs = data["inputs"]
        batch: dict[str, Tensor] = {}
        for stream in _STREAMS:
            rows = inputs[stream] if isinstance(inputs, dict) else [item[stream] for item in inputs]
            rows = [self._check(stream, row, _name_of(samples, number)) for number, row in enumerate(rows)]
            length = self.max_seq_len if stream == "video" and self.pad_video_to == "max_seq_len" else max(row.shape[1] for row in rows)
            batch[stream] = torch.zeros(len(rows), self.dims[stream], length)
            batch[f"{stream}_mask"] = torch.zeros(len(rows), length, dtype=torch.bool)
            for number, row in enumerate(rows):
                batch[stream][number, :, : row.shape[1]] = row
                batch[f"{stream}_mask"][number, : row.shape[1]] = True
        return {"inputs": self.cast_data(batch), "data_samples": self.cast_data(samples)}

    def _check(self, stream: str, features: Tensor, name: str) -> Tensor:
        where = f"{stream} features of {name!r}"
        if features.ndim != 2 or features.shape[0] != self.dims[stream] or not features.shape[1]:
            raise DataError(f"{where}: shape {tuple(features.shape)}; accepted: ({self.dims[stream]}, at least one)")
        if not features.is_floating_point():
            raise DataError(f"{where}: dtype {features.dtype}; accepted: float32, float16 or bfloat16")
        if stream == "video" and features.shape[1] > self.max_seq_len:
            raise DataError(f"{where}: {features.shape[1]} positions; accepted: at most max_seq_len={self.max_seq_len}")
        # One sum finds NaN and infinity, and reads the features once.
        if not torch.isfinite(features.sum(dtype=torch.float64)):
            raise DataError(f"{where}: not all values are finite")
        return features


def _name_of(samples: Sequence[Any] | None, number: int) -> str:
    return str(samples[number].get("uid", f"#{number}")) if samples is not None else f"#{number}"
