"""Optimisation; importing this package registers it."""

from mmxkd.engine.optim import autocast, constructor, schedules

__all__ = ["autocast", "constructor", "schedules"]
