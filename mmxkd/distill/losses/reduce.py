"""Averaging over what is valid."""

import torch
from torch import Tensor


def masked_mean(values: Tensor, valid: Tensor) -> Tensor:
    """Average ``values`` over the valid positions.

    Args:
        values: shape of ``valid``, one value per position.
        valid: bool.

    Returns:
        A scalar; 0, still part of the graph, when nothing is valid. Invalid values may be anything, NaN included.
    """
    return torch.where(valid, values, 0).sum() / valid.sum().clamp(min=1)


def broadcast_mask(valid: Tensor, values: Tensor) -> Tensor:
    """Expand a prefix mask over the trailing axes of ``values``."""
    return valid.reshape(valid.shape + (1,) * (values.ndim - valid.ndim)).expand_as(values)


def blank_invalid(values: Tensor, valid: Tensor) -> Tensor:
    """Put 0 where ``valid``, a prefix mask of ``values``, is False.

    Masking the loss alone would stop its value but not its gradient: 0 times the derivative at NaN is NaN.
    """
    return torch.where(broadcast_mask(valid, values), values, 0)
