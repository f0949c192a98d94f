"""What brings student features to the teacher's shape; trained with the student, saved under ``distill.*``."""

from torch import Tensor, nn

from mmxkd.registry import MODELS


@MODELS.register_module()
class LinearConnector(nn.Module):
    """A linear map over the channels.

    Args:
        in_features, out_features: student and teacher width.
        dim: the channel axis; -1 for (N, ..., D), 1 for maps (N, C, T, H, W).
    """

    def __init__(self, in_features: int, out_features: int, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim
        self.fc = nn.Linear(in_features, out_features)

    def forward(self, student: Tensor) -> Tensor:
        """Map channels of (N, ..., in, ...) to (N, ..., out, ...)."""
        return self.fc(student.movedim(self.dim, -1)).movedim(-1, self.dim)
