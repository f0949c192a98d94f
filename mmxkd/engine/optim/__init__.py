"""Optimisation; importing this package registers it."""

from mmxkd.engine.optim import autocast, constructor, hf_adamw, schedules

__all__ = ["autocast", "constructor", "hf_adamw", "schedules"]
