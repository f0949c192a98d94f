"""Hooks; importing this package registers them."""

from mmxkd.engine import storage
from mmxkd.engine.hooks import (
    broken_videos,
    class_weights,
    distill,
    early_stopping,
    finite_loss,
    label_map,
    loader_report,
    preemption,
    safe_checkpoint,
    seed_step,
    strict_load,
)

__all__ = [
    "broken_videos",
    "class_weights",
    "distill",
    "early_stopping",
    "finite_loss",
    "label_map",
    "loader_report",
    "preemption",
    "safe_checkpoint",
    "seed_step",
    "storage",
    "strict_load",
]
