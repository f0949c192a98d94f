"""Batches of sentences with hidden tokens and their clips."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mmxkd.models.language.mlm_preprocessor import MLMPreprocessor
from mmxkd.models.language.text_preprocessor import unbatch_texts
from mmxkd.registry import MODELS


@MODELS.register_module()
class VideoTextPreprocessor(MLMPreprocessor):
    """``MLMPreprocessor`` for sentences, and clips padded to the longest of the batch: ``video`` (N, T, C), ``video_mask`` (N, T).

    Arguments are those of ``MLMPreprocessor``.
    """

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the batch of ``MLMPreprocessor`` with ``video`` float32 (N, T, C) and ``video_mask`` int64 (N, T)."""
        rows = unbatch_texts(data["inputs"])
        clips: list[Tensor] = [row.pop("video") for row in rows]
        masks: list[Tensor] = [row.pop("video_mask").long() for row in rows]
        batch = super().forward({**data, "inputs": rows}, training)
        video = {"video": pad_sequence(clips, batch_first=True).to(torch.float32), "video_mask": pad_sequence(masks, batch_first=True)}
        batch["inputs"].update(self.cast_data(video))
        return batch
