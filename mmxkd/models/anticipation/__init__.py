"""Models that say what happens next; importing this package registers them."""

from mmxkd.models.anticipation import avt, future_predictor

__all__ = ["avt", "future_predictor"]
