"""The backbone of features that were extracted beforehand."""

from torch import Tensor, nn

from mmxkd.registry import MODELS


@MODELS.register_module()
class IdentityBackbone(nn.Module):
    """Hand features on as they are.

    Args:
        in_channels: C of the features.
        num_frames: T of a sample, what counting and timing a model runs on.
    """

    def __init__(self, in_channels: int, num_frames: int = 10) -> None:
        super().__init__()
        self.input_shape = (in_channels, num_frames, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return ``features`` (N, C, T, 1, 1).

        Raises:
            ValueError: another number of channels.
        """
        if features.ndim != 5 or features.shape[1] != self.input_shape[0]:
            raise ValueError(f"features of shape {tuple(features.shape)}; expected (N, {self.input_shape[0]}, T, 1, 1)")
        return features
