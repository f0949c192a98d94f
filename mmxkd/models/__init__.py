"""Models; importing this package registers them."""

from mmxkd.models import anticipation, data_preprocessor, foreign, grounding, initializers, language, mixing
from mmxkd.models.backbones import video_focalnet
from mmxkd.models.heads import linear
from mmxkd.models.recognizers import video_recognizer

__all__ = [
    "anticipation",
    "data_preprocessor",
    "foreign",
    "grounding",
    "initializers",
    "language",
    "linear",
    "mixing",
    "video_focalnet",
    "video_recognizer",
]
