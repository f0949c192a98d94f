"""Ranking hinges between tokens and clips."""

import torch
from torch import Tensor


def paired_hinge(tokens: Tensor, clips: Tensor, mask: Tensor, margin: float = 1.0) -> Tensor:
    """Average ``max(0, m - <u, v> + <u, v'>)`` over tokens, v' being the clip of the sample half a batch away.

    Args:
        tokens: u, (N, L, D).
        clips: v, (N, D), or one per token, (N, L, D).
        mask: (N, L), non-zero at tokens.
        margin: m.

    Returns:
        A scalar; 0 when nothing is masked in. Of an odd batch the last sample is repeated and counts twice.

    Source: zinengtang/VidLanKD ``vteacher/model.py`` (``paired_hinge_rank_loss``). Cases: vidlankd ``losses``, ``teacher``.
    """
    if len(tokens) % 2:
        tokens, clips, mask = (torch.cat([side, side[-1:]]) for side in (tokens, clips, mask))
    clips = clips.unsqueeze(1) if clips.ndim == 2 else clips
    negatives = clips.roll(len(clips) // 2, 0)
    hinge = (margin - (tokens * (clips - negatives)).sum(-1)).clamp(min=0)
    weights = mask.to(hinge.dtype)
    return (hinge * weights).sum() / weights.sum().clamp(min=1)


def batchwise_hinge(tokens: Tensor, clips: Tensor, mask: Tensor, margin: float = 1.0) -> Tensor:
    """Average ``max(0, m - <u, v> + <u, v'>)`` over tokens and all clips v' of other samples.

    Arguments as in ``paired_hinge``; clips per token are compared position by position. The released
    ``batchwise_hinge_rank_loss`` mixes samples by an axis too many; this is what the paper describes.

    Returns:
        A scalar; 0 for one sample or when nothing is masked in.
    """
    equation = "nld,md->nlm" if clips.ndim == 2 else "nld,mld->nlm"
    with torch.autocast(tokens.device.type, enabled=False):
        scores = torch.einsum(equation, tokens.float(), clips.float())
    own = scores.diagonal(dim1=0, dim2=2).T
    hinge = (margin - own.unsqueeze(2) + scores).clamp(min=0)
    others = ~torch.eye(len(tokens), dtype=torch.bool, device=tokens.device)
    weights = (mask != 0).unsqueeze(2) & others.unsqueeze(1)
    return torch.where(weights, hinge, 0).sum() / weights.sum().clamp(min=1)
