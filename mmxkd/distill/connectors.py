"""What brings student features to the teacher's shape; trained with the student, saved under ``distill.*``."""

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError
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


@MODELS.register_module()
class TeacherAttention(nn.Module):
    """Shares of several teachers: scaled dot products of the student's feature with theirs, softmax over teachers, mean over heads.

    These are the attention weights of ``torch.nn.MultiheadAttention``; its value and output projections, which the shares do not
    depend on, are not built.

    Args:
        student_features, teacher_features: widths; they may differ.
        num_heads: divides ``student_features``.
        trainable: ``False`` keeps the random initial projections, as in the published code, whose optimizer never saw them.

    Raises:
        ConfigError: ``num_heads`` does not divide ``student_features``.

    Source: sayontang/Action_Anticipation ``student/AVT-main/func/train_eval_ops.py``. Case: anticipation ``kd_losses``.
    """

    def __init__(self, student_features: int, teacher_features: int, num_heads: int = 4, trainable: bool = True) -> None:
        super().__init__()
        if num_heads < 1 or student_features % num_heads:
            raise ConfigError(f"TeacherAttention.num_heads={num_heads}; accepted: a divisor of student_features={student_features}")
        self.num_heads = num_heads
        self.query = nn.Linear(student_features, student_features)
        self.key = nn.Linear(teacher_features, student_features)
        for layer in (self.query, self.key):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.requires_grad_(trainable)

    def forward(self, student: Tensor, teachers: Tensor, valid: Tensor) -> Tensor:
        """Return shares (N, M), float32, summing to 1 over the valid teachers (all 0 where none is).

        Args:
            student: (N, D).
            teachers: (N, M, D').
            valid: bool (N, M).

        Raises:
            ValueError: features of another width.
        """
        if student.shape[-1] != self.query.in_features or teachers.shape[-1] != self.key.in_features:
            raise ValueError(
                f"student features {tuple(student.shape)}, teacher features {tuple(teachers.shape)}; TeacherAttention expects widths "
                f"{self.query.in_features} and {self.key.in_features}"
            )
        query = self.query(student).unflatten(-1, (self.num_heads, -1)).float()
        key = self.key(teachers.masked_fill(~valid[..., None], 0)).unflatten(-1, (self.num_heads, -1)).float()
        scores = torch.einsum("nhd,nmhd->nhm", query, key) / query.shape[-1] ** 0.5
        # Finite, so that a sample without any teacher gives no NaN in the backward pass.
        scores = scores.masked_fill(~valid[:, None], torch.finfo(scores.dtype).min)
        return scores.softmax(-1).mean(1).masked_fill(~valid, 0)
