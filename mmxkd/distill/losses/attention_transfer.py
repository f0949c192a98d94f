"""Attention transfer: where a map is strong, whatever its channels mean."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import blank_invalid, masked_mean
from mmxkd.registry import MODELS


def energy_map(features: Tensor) -> Tensor:
    """Return the unit vector of channel energies: (N, C, T, H, W) -> (N, T * H * W), ``vec(sum_c f_c^2)`` over its L2 norm."""
    return F.normalize(features.float().square().mean(1).flatten(1), dim=1)


def attention_transfer(student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
    """Average over valid samples of the squared distance between the energy maps.

    Needs no connector: channel counts may differ, and a teacher map of another (T, H, W) is resampled (trilinear) to the
    student's before the energies are taken.

    Args:
        student: (N, C_s, T, H, W).
        teacher: (N, C_t, T', H', W').
        valid: bool (N,).

    Source: Zagoruyko and Komodakis, "Paying More Attention to Attention", 2017, equation 2 (squared distance, p = 2).
    """
    student, teacher = blank_invalid(student, valid), blank_invalid(teacher, valid)
    if teacher.shape[2:] != student.shape[2:]:
        teacher = F.interpolate(teacher.float(), student.shape[2:], mode="trilinear", align_corners=False)
    return masked_mean((energy_map(student) - energy_map(teacher)).square().sum(1), valid)


@MODELS.register_module()
class AttentionTransfer(nn.Module):
    """``attention_transfer`` as a loss of a term; for stages and modulators."""

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar loss of two maps (N, C, T, H, W)."""
        return attention_transfer(student, teacher, valid)
