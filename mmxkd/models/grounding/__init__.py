"""Moments of clips that sentences ask for; importing this package registers its parts."""

from mmxkd.models.grounding import backbone, data_preprocessor, moment_localizer

__all__ = ["backbone", "data_preprocessor", "moment_localizer"]
