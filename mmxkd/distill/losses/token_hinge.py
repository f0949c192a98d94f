"""Ranking hinge between the tokens of a sentence and a clip, or between two token sequences."""

from torch import Tensor, nn

from mmxkd.distill.losses.token_mask import blank, token_mask
from mmxkd.errors import ConfigError
from mmxkd.models.language.hinge import batchwise_hinge, paired_hinge
from mmxkd.registry import MODELS

_NEGATIVES = {"paired": paired_hinge, "batch": batchwise_hinge}


@MODELS.register_module()
class TokenHinge(nn.Module):
    """Ranking hinge of student tokens against what the teacher says, either one vector per sample or one per token.

    Args:
        margin: m >= 0.
        negatives: ``paired``: sample i against sample i + N / 2, see ``paired_hinge``; ``batch``: against every other sample.

    Raises:
        ConfigError: a value out of range.

    Source: zinengtang/VidLanKD ``vteacher/model.py``; its student-side use is history only. Case: vidlankd ``losses``.
    """

    def __init__(self, margin: float = 1.0, negatives: str = "paired") -> None:
        super().__init__()
        if margin < 0 or negatives not in _NEGATIVES:
            raise ConfigError(f"TokenHinge.margin={margin}, negatives={negatives!r}; accepted: margin >= 0, {sorted(_NEGATIVES)}")
        self.margin, self.negatives = margin, negatives

    def forward(self, student: Tensor, teacher: Tensor, valid: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the scalar loss of tokens (N, L, D) against (N, D) or (N, L, D)."""
        kept = token_mask(student, valid, mask)
        samples = kept.any(1)  # the others are no negatives either
        student, teacher, kept = student[samples], teacher[samples], kept[samples]
        teacher = blank(teacher, kept) if teacher.ndim == 3 else teacher.float()
        return _NEGATIVES[self.negatives](blank(student, kept), teacher, kept, self.margin)
