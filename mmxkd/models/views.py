"""One score from several views of the same video."""

from torch import Tensor


def average_views(view_logits: Tensor) -> Tensor:
    """Return the mean over views of the softmax, float32 (N, K), from logits (N, V, K).

    Probabilities are averaged, not logits: a confident view counts as one vote. Same ranking as the published sum of softmaxes
    (hayatkhan8660-maker/DVFL-Net main_KD.py, validation).
    """
    return view_logits.float().softmax(dim=-1).mean(dim=1)
