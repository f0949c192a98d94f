"""Optimisation; importing this package registers it."""

from mmxkd.engine.optim import (
    after_warmup,
    autocast,
    bias_decay,
    constructor,
    decay_by_name,
    head_groups,
    hf_adamw,
    linear_warmup,
    recursive_cosine,
    schedules,
)

__all__ = [
    "after_warmup",
    "autocast",
    "bias_decay",
    "constructor",
    "decay_by_name",
    "head_groups",
    "hf_adamw",
    "linear_warmup",
    "recursive_cosine",
    "schedules",
]
