"""A loss against the teachers that suit a sample."""

from torch import Tensor, nn

from mmxkd.registry import MODELS


@MODELS.register_module()
class AttendedTeachers(nn.Module):
    """Compare logits with a mixture of several teachers' logits, the shares found by attention.

    Written as a term over an ensemble that keeps its teachers apart (``TeacherEnsemble(reduce='stack')``)::

        dict(
            loss=dict(type='AttendedTeachers', attention=dict(type='TeacherAttention', ...), loss=dict(type='KLDivergence', ...)),
            student='logits', teacher='logits', inputs=dict(query='student.feat', keys='teacher.feat'),
        )

    Args:
        attention: config or module giving shares (N, M) of (query, keys, valid).
        loss: config or module of the comparison.

    Source: sayontang/Action_Anticipation ``student/AVT-main/func/train_eval_ops.py`` (``ens_distill``), where the attention is never
    trained. Case: anticipation ``kd_losses``.
    """

    def __init__(self, attention: dict | nn.Module, loss: dict | nn.Module) -> None:
        super().__init__()
        self.attention = attention if isinstance(attention, nn.Module) else MODELS.build(attention)
        self.loss = loss if isinstance(loss, nn.Module) else MODELS.build(loss)

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scalar loss.

        Args:
            student: logits (N, K).
            teacher: logits of M teachers (N, M, K).
            valid: bool (N,), or (N, M): which teacher may be used for which sample.
            query: student features (N, D).
            keys: teacher features (N, M, D').
        """
        usable = (valid if valid.ndim == 2 else valid[:, None]).expand(teacher.shape[:2])
        shares = self.attention(query, keys, usable)
        # A teacher without a say must not count even as 0 times NaN.
        mixed = (shares[..., None] * teacher.float().masked_fill(~usable[..., None], 0)).sum(1)
        return self.loss(student, mixed, usable.any(1))
