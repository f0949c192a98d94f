"""Mean squared error between directions."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.mse import mse
from mmxkd.distill.losses.reduce import blank_invalid
from mmxkd.registry import MODELS


def normalized_mse(student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
    """``mse`` of the two features divided by their L2 norm, in float32: ``2 (1 - cos) / D`` averaged over valid positions.

    Args:
        student, teacher: features of one shape (..., D).
        valid: bool, a prefix of that shape.

    Source: sayontang/Action_Anticipation ``student/AVT-main/func/train_eval_ops.py`` (``distill_feat_mse``).
    Case: anticipation ``kd_losses``.
    """
    unit_s, unit_t = (F.normalize(blank_invalid(side.float(), valid), dim=-1) for side in (student, teacher))
    return mse(unit_s, unit_t, valid)


@MODELS.register_module()
class NormalizedMSE(nn.Module):
    """``normalized_mse`` as a loss of a term; features of another width take a ``LinearConnector``."""

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar error of two features of one shape, (..., D)."""
        return normalized_mse(student, teacher, valid)
