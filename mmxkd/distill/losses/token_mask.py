"""Which tokens of a batch a token-level loss looks at."""

import torch
from torch import Tensor


def token_mask(student: Tensor, valid: Tensor, mask: Tensor | None) -> Tensor:
    """Return bool (N, L): valid samples' (or tokens') positions, without padding where a padding mask is given.

    Args:
        student: (N, L, D), says L.
        valid: bool (N,) or (N, L), of the teacher's signal.
        mask: (N, L), non-zero at tokens; ``None`` counts padding in, as zinengtang/VidLanKD does.
    """
    kept = valid.reshape(valid.shape[0], -1).expand(student.shape[:2])
    return kept if mask is None else kept & (mask != 0)


def check_tokens(student: Tensor, teacher: Tensor, same_width: bool = True) -> None:
    """Raise ``ValueError`` unless both sides are (N, L, D) with equal N and L (and D)."""
    axes = 3 if same_width else 2
    if student.ndim != 3 or student.shape[:axes] != teacher.shape[:axes] or teacher.ndim != 3:
        width = "" if same_width else "; the widths may differ"
        raise ValueError(f"student tokens {tuple(student.shape)}, teacher tokens {tuple(teacher.shape)}: both must be (N, L, D){width}")


def blank(tokens: Tensor, kept: Tensor) -> Tensor:
    """Return (N, L, D) in float32 with zeros where ``kept`` (N, L) is false, whatever stood there."""
    return torch.where(kept.unsqueeze(-1), tokens.float(), 0)
