"""Language models; importing this package registers them."""

from mmxkd.models.language import (
    bert_mlm,
    mlm_preprocessor,
    object_memory,
    pretrained,
    text_anticipator,
    text_classifier,
    text_preprocessor,
    video_language,
    video_text_preprocessor,
)

__all__ = [
    "bert_mlm",
    "mlm_preprocessor",
    "object_memory",
    "pretrained",
    "text_anticipator",
    "text_classifier",
    "text_preprocessor",
    "video_language",
    "video_text_preprocessor",
]
