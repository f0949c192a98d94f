"""Models; importing this package registers them."""

from mmxkd.models import foreign, initializers
from mmxkd.models.backbones import video_focalnet
from mmxkd.models.heads import linear
from mmxkd.models.recognizers import video_recognizer

__all__ = ["foreign", "initializers", "linear", "video_focalnet", "video_recognizer"]
