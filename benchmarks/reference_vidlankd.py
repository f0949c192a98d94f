"""VidLanKD's student step written down as the published formulas read, for comparison; nothing of the package imports it."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mmxkd.models.language.mlm_masking import IGNORED


def reference_nst(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the summed discrepancy over L of tokens (B, L, H): all pairs of units spelt out, one sample after the other."""
    total = student.new_zeros(())
    for i in range(len(student)):
        ours, theirs = F.normalize(student[i].T, dim=1), F.normalize(teacher[i].T, dim=1)
        total = total + _kernel(ours, ours).mean() - 2 * _kernel(ours, theirs).mean()
    return total / student.shape[1]


def _kernel(left: Tensor, right: Tensor) -> Tensor:
    """Return ``<a, b>^2`` of all pairs of rows (H, L)."""
    return (left.unsqueeze(0) * right.unsqueeze(1)).sum(-1).square()


def reference_contrast(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the mean over positions of NT-Xent of tokens (B, L, H), divided by 2B once more, one position after the other."""
    total = student.new_zeros(())
    size = 2 * len(student)
    itself = torch.eye(size, dtype=torch.bool, device=student.device)
    positive = (torch.arange(size, device=student.device) + len(student)) % size
    for position in range(student.shape[1]):
        vectors = torch.cat([student[:, position], teacher[:, position]])
        similarity = F.cosine_similarity(vectors.unsqueeze(1), vectors.unsqueeze(0), dim=2) / temperature
        total = total + F.cross_entropy(similarity.masked_fill(itself, -torch.inf), positive) / size
    return total / student.shape[1]


def reference_step(student: Any, teacher: Any, heads: dict[str, Callable[[Tensor], Tensor]], batch: dict[str, Tensor]) -> Tensor:
    """Return the student's loss: both prediction heads on all positions, teacher features over the host, both terms.

    Args:
        student, teacher: Hugging Face masked language models.
        heads: ``kd1`` and / or ``kd2`` -> the head before that term.
        batch: ``input_ids``, ``attention_mask`` and ``labels``, (B, L).
    """
    inputs = {key: batch[key] for key in ("input_ids", "attention_mask")}
    with torch.no_grad():
        said = teacher.base_model(**inputs).last_hidden_state
        teacher.cls(said)  # computed and not used
        said = F.normalize(said, dim=-1).cpu().to(said.device)
    hidden = student.base_model(**inputs).last_hidden_state
    logits = student.cls(hidden)
    loss = F.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)
    terms = {"kd1": reference_nst, "kd2": reference_contrast}
    for name, head in heads.items():
        loss = loss + terms[name](head(hidden), said)
    return loss
