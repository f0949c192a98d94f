"""An image model on every frame of a clip."""

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmxkd.registry import MODELS


@MODELS.register_module()
class FrameBackbone(BaseModule):
    """Apply a model of images to each frame; the frames know nothing of each other.

    Args:
        model: the module or its config (``type='mmaction.ResNet'``); takes images (M, C, H, W) and returns (M, D) or maps (M, D, h, w).
        input_shape: (C, T, H, W) of a clip, what counting and timing a model runs on.
    """

    def __init__(self, model: dict | nn.Module, input_shape: tuple[int, int, int, int] = (3, 10, 224, 224)) -> None:
        super().__init__()
        self.model = model if isinstance(model, nn.Module) else build_backbone(model)
        self.input_shape = tuple(input_shape)

    def forward(self, clips: Tensor) -> Tensor:
        """Map ``clips`` (N, C, T, H, W) to features (N, D, T, h, w), h = w = 1 where the model returns vectors.

        Raises:
            ValueError: ``clips`` of another rank.
        """
        if clips.ndim != 5:
            raise ValueError(f"clips of shape {tuple(clips.shape)}; expected (N, C, T, H, W)")
        features = self.encode(clips.transpose(1, 2).flatten(0, 1))
        if features.ndim == 2:
            features = features[:, :, None, None]
        return features.unflatten(0, (clips.shape[0], clips.shape[2])).transpose(1, 2)

    def encode(self, images: Tensor) -> Tensor:
        """Return the model's (M, D) or (M, D, h, w) of ``images`` (M, C, H, W)."""
        return self.model(images)


def build_backbone(config: dict[str, Any]) -> nn.Module:
    """Build a backbone of ours or of another repository (``mmaction.ResNet3d``)."""
    # The parts of a model from another repository are looked up in that repository's scope.
    scope = {"_scope_": config["type"].split(".")[0]} if "." in config["type"] else {}
    return MODELS.build({**scope, **config})
