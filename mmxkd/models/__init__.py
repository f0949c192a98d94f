"""Models; importing this package registers them."""

from mmxkd.models import anticipation, data_preprocessor, foreign, grounding, initializers, language, mixing
from mmxkd.models.backbones import frames, identity, resnext3d, video_focalnet, vit
from mmxkd.models.heads import linear
from mmxkd.models.recognizers import video_recognizer

__all__ = [
    "anticipation",
    "data_preprocessor",
    "foreign",
    "frames",
    "grounding",
    "identity",
    "initializers",
    "language",
    "linear",
    "mixing",
    "resnext3d",
    "video_focalnet",
    "video_recognizer",
    "vit",
]
