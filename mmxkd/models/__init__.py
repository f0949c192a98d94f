"""Models; importing this package registers them."""

from mmxkd.models import data_preprocessor, foreign, initializers, mixing
from mmxkd.models.backbones import video_focalnet
from mmxkd.models.heads import linear
from mmxkd.models.recognizers import video_recognizer

__all__ = ["data_preprocessor", "foreign", "initializers", "linear", "mixing", "video_focalnet", "video_recognizer"]
