"""From the k classes a row holds back to all K."""

import torch
from torch import Tensor

#: How far below a row's best a class lies that is to have no probability: nothing is left of it at any temperature up to 100.
_FLOOR = 1e4


def densify(values: Tensor, ids: Tensor, rest: Tensor, num_classes: int, temperature: float, tail: str) -> Tensor:
    """Return logits (N, K) float32 from the k largest.

    Args:
        values: (N, k) logits.
        ids: (N, k) int64, their classes.
        rest: (N,) probability of all other classes at ``temperature``.
        num_classes: K.
        temperature: T.
        tail: ``spread`` gives every other class the same share of ``rest``, so that at T the k classes keep their probabilities;
            ``renormalise`` gives them nothing.

    Returns:
        Logits; with ``spread`` exact on the k classes at T, and at other temperatures as good as the even tail is.
    """
    top = values.max(dim=1, keepdim=True).values
    if tail == "renormalise":
        other = top - _FLOOR
    else:
        # log of the sum of exp(v / T) over all classes, from that over the k kept, which hold 1 - rest of it.
        kept = (values.double() / temperature).logsumexp(dim=1, keepdim=True)
        rest = rest.double().clamp(min=0.0, max=1.0 - 1e-9).unsqueeze(1)
        share = (rest / (num_classes - ids.shape[1])).log() + kept - (1 - rest).log()
        other = torch.maximum((share * temperature).float(), top - _FLOOR)
    return other.expand(-1, num_classes).scatter(1, ids, values)
