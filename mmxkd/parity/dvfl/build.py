"""Recognisers from the hyper-parameters that cases record."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.convert.dvfl import convert_dvfl
from mmxkd.models.recognizers.video_recognizer import VideoRecognizer
from mmxkd.registry import MODELS


def build_recognizer(hyperparameters: dict[str, Any]) -> VideoRecognizer:
    """Build through the registry; every hyper-parameter but ``num_classes`` is the backbone's."""
    backbone = {"type": "VideoFocalNet", **hyperparameters}
    num_classes = backbone.pop("num_classes")
    features = backbone["embed_dim"] * 2 ** (len(backbone["depths"]) - 1)
    head = dict(type="LinearHead", num_classes=num_classes, in_features=features)
    return MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=head))


def load_official(model: VideoRecognizer, checkpoint: dict[str, Any]) -> VideoRecognizer:
    """Load a checkpoint of the official layout through the public converter, strictly."""
    model.load_state_dict(convert_dvfl(checkpoint).state_dict)
    return model


def clips_of(array: np.ndarray) -> Tensor:
    """Turn the published input (B, T, C, H, W) into ours, (B, 1, C, T, H, W)."""
    return torch.from_numpy(array).transpose(1, 2).unsqueeze(1)


def to_tokens(feature: Tensor) -> Tensor:
    """Turn our (B, C, T, H, W) into the published tokens (B * T, H * W, C)."""
    return feature.permute(0, 2, 3, 4, 1).flatten(2, 3).flatten(0, 1)


def to_frames(feature: Tensor) -> Tensor:
    """Turn our (B, C, T, H, W) into the published maps (B * T, C, H, W)."""
    return feature.transpose(1, 2).flatten(0, 1)


def to_series(feature: Tensor) -> Tensor:
    """Turn our (B, C, T, H, W) into the published series (B * H * W, C, T)."""
    return feature.permute(0, 3, 4, 1, 2).flatten(0, 2)
