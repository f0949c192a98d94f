"""The teacher's best guess as label."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.distill.losses.reduce import broadcast_mask, masked_mean
from mmxkd.registry import MODELS


def teacher_argmax(student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
    """Average the cross entropy of the student against the teacher's likeliest class over valid positions, in float32.

    Args:
        student: logits (..., K).
        teacher: logits (..., K).
        valid: bool, a prefix of (...).

    The softened counterpart is ``kl_divergence``; both fit ``mlm_logits`` (M, V), the predictions at masked tokens.
    Source: the ``soft_labels`` option of zinengtang/VidLanKD, which its released student never reaches.
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student logits {tuple(student.shape)}, teacher logits {tuple(teacher.shape)}: they must agree, classes last")
    losses = F.cross_entropy(student.float().flatten(0, -2), teacher.argmax(-1).flatten(), reduction="none").view(student.shape[:-1])
    return masked_mean(losses, broadcast_mask(valid, losses))


@MODELS.register_module()
class TeacherArgmax(nn.Module):
    """``teacher_argmax`` as a loss of a term."""

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor) -> Tensor:
        """Return the scalar loss of logits (..., K)."""
        return teacher_argmax(student, teacher, valid)
