"""VidLanKD's teacher: a language model that learns which clip a sentence belongs to."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.errors import ConfigError, DataError
from mmxkd.models.base import Outputs, check_want
from mmxkd.models.language.bert_mlm import BertMLM
from mmxkd.models.language.hinge import batchwise_hinge, paired_hinge
from mmxkd.models.language.video_encoder import VideoEncoder
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

_TRAIN_VIDEO = ("none", "head", "all")
_NEGATIVES = {"paired": paired_hinge, "batch": batchwise_hinge}
_FROM_HIDDEN = ("tokens", "text_feat", "hinge_head")
_VIDEO_KEYS = {"video_sequence": "sequence", "video_pooled": "pooled", "video_feat": "feat"}


@MODELS.register_module()
class VideoLanguageModel(BertMLM):
    """Masked language modelling and a token-level ranking hinge between sentences and clips.

    Inputs: those of ``BertMLM`` and ``video`` (N, T, C) float, ``video_mask`` (N, T), non-zero at frames.

    Output keys: those of ``BertMLM``; ``tokens`` (N, L, D), unit vectors of ``hidden``, zero at padding; ``text_feat`` (N, D), their
    mean, so that ``text_feat @ video_feat`` is the mean score of the hinge; ``video_feat`` (N, D), unit vectors; ``video_sequence``
    (N, T, D); ``video_pooled`` (N, D); ``hinge_head`` (N, L, D) where it is built.

    Args:
        encoder: as in ``BertMLM``.
        video: arguments of ``VideoEncoder``; ``config`` defaults to the text encoder's.
        hinge_weight: factor of the hinge.
        margin: m of the hinge.
        negatives: ``paired``: the clip of the sample half a batch away; ``batch``: every other clip of the batch.
        train_video: which part of the video side learns: ``all`` of it; the ``head``, the MLP at its end; ``none``: it stays as it was
            initialised, a random projection of the features (what the released code amounts to).
        frozen_dropout: whether frozen parts of the video side keep dropping out in training, as released.
        hinge_head: build the release's further head on the tokens, which no loss reads and nothing trains.
        mlm_weight, data_preprocessor, init_cfg: as in ``BertMLM``.

    Raises:
        ConfigError: a value out of range.

    Source: zinengtang/VidLanKD ``vteacher/model.py``; arXiv 2107.02681. Case: vidlankd ``teacher``.
    """

    loss_keys = frozenset({"mlm_logits", "mlm_labels", "tokens", "mask", "video_feat"})
    predict_keys = frozenset({"mlm_logits", "mlm_labels", "text_feat", "video_feat"})

    def __init__(
        self,
        encoder: Mapping[str, Any],
        video: Mapping[str, Any],
        hinge_weight: float = 1.0,
        margin: float = 1.0,
        negatives: str = "paired",
        train_video: str = "all",
        frozen_dropout: bool = False,
        hinge_head: bool = False,
        mlm_weight: float = 1.0,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(encoder, mlm_weight, data_preprocessor, init_cfg)
        if train_video not in _TRAIN_VIDEO or negatives not in _NEGATIVES or margin < 0:
            raise ConfigError(
                f"model.train_video={train_video!r}, negatives={negatives!r}, margin={margin}; accepted: {_TRAIN_VIDEO}, "
                f"{sorted(_NEGATIVES)}, margin >= 0"
            )
        settings = dict(video)
        settings.setdefault("config", encoder.get("config"))
        self.video = VideoEncoder(**settings)
        if train_video != "all":
            self.video.requires_grad_(False)
            self.video.mlp.requires_grad_(train_video == "head")
        if hinge_head:
            self.hinge_head: nn.Module = _build_hinge_head(self.lm.config.hidden_size).requires_grad_(False)
        self.hinge_weight, self.margin, self.negatives = hinge_weight, margin, negatives
        self.train_video, self.frozen_dropout = train_video, frozen_dropout

    def available(self) -> frozenset[str]:
        """Return the keys listed above."""
        return super().available() | {"tokens", "text_feat", *_VIDEO_KEYS} | ({"hinge_head"} if hasattr(self, "hinge_head") else set())

    def train(self, mode: bool = True) -> "VideoLanguageModel":
        """Switch to training; frozen parts of the video side stay in evaluation unless ``frozen_dropout``."""
        super().train(mode)
        if mode and self.train_video != "all" and not self.frozen_dropout:
            self.video.eval()
            self.video.mlp.train(self.train_video == "head")
        return self

    def extract(self, inputs: Any, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted tensors of a batch of sentences (N, L) and clips (N, T, C); a side nobody wants is not run."""
        check_want(want, self.available(), type(self).__name__)
        text = {"hidden" if key in _FROM_HIDDEN else key for key in want if key not in _VIDEO_KEYS}
        outputs = super().extract(inputs, data_samples, text)
        if {"tokens", "text_feat"} & set(want):
            mask = inputs["attention_mask"].unsqueeze(-1).to(outputs["hidden"].dtype)
            outputs["tokens"] = F.normalize(outputs["hidden"], dim=-1) * mask
            outputs["text_feat"] = outputs["tokens"].sum(1) / mask.sum(1).clamp(min=1)
        if "hinge_head" in want:
            outputs["hinge_head"] = self.hinge_head(outputs["hidden"])
        if set(_VIDEO_KEYS) & set(want):
            self._check_frames(inputs["video"])
            encoded = self.video(inputs["video"], inputs["video_mask"])
            outputs.update({key: encoded[name] for key, name in _VIDEO_KEYS.items()})
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_mlm`` and ``loss_hinge``, each with its weight."""
        losses = super().loss_from(outputs, data_samples)
        hinge = _NEGATIVES[self.negatives](outputs["tokens"], outputs["video_feat"], outputs["mask"], self.margin)
        return {**losses, "loss_hinge": self.hinge_weight * hinge}

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write what ``BertMLM`` writes, and ``text_feat`` and ``video_feat`` (D,)."""
        samples = super().predict_from(outputs, data_samples)
        for sample, text, video in zip(samples, outputs["text_feat"], outputs["video_feat"], strict=True):
            sample.text_feat, sample.video_feat = text, video
        return samples

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Tensor]:
        """Return one text of zeros and a clip of zeros with as many frames as there are positions; ``shape`` is (L,)."""
        text = super().example_inputs(shape)
        frames = min(384, self.video.max_frames)
        return {
            **text,
            "video": torch.zeros(1, frames, self.video.in_features),
            "video_mask": torch.ones(1, frames, dtype=torch.int64),
        }

    def _check_frames(self, video: Tensor) -> None:
        expected = self.video.in_features
        if video.shape[2] != expected or video.shape[1] > self.video.max_frames:
            raise DataError(
                f"clips of {video.shape[1]} frames with {video.shape[2]} features; the model takes up to {self.video.max_frames} frames "
                f"with {expected} features (model.video.in_features)"
            )


def _build_hinge_head(width: int) -> nn.Module:
    head = nn.Sequential()
    head.add_module("dense", nn.Linear(width, width))
    head.add_module("gelu", nn.GELU())
    head.add_module("layer_norm", nn.LayerNorm(width, eps=1e-12))
    head.add_module("linear_decoder", nn.Linear(width, width))
    head.add_module("norm", _UnitNorm())
    return head


class _UnitNorm(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        """Return (..., D) as unit vectors."""
        return F.normalize(features, dim=-1)
