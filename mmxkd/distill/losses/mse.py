"""Mean squared error between features."""

from torch import Tensor, nn

from mmxkd.distill.losses.reduce import blank_invalid, broadcast_mask, masked_mean
from mmxkd.registry import MODELS


def mse(student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
    """Average ``(student - teacher)^2`` over valid positions and channels, in float32.

    Args:
        student, teacher: features of one shape, (N, D), (N, L, D) or (N, C, T, H, W).
        valid: bool, a prefix of that shape.

    Source: Romero et al., "FitNets", 2015, equation 3.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student features {tuple(student.shape)}, teacher features {tuple(teacher.shape)}: add a connector")
    squared = (blank_invalid(student.float(), valid) - blank_invalid(teacher.float(), valid)).square()
    return masked_mean(squared, broadcast_mask(valid, squared))


@MODELS.register_module()
class MSE(nn.Module):
    """``mse`` as a loss of a term."""

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar error of two features of one shape, (N, ...)."""
        return mse(student, teacher, valid)
