"""VidLanKD checkpoints.

Layout (fact sheet section 7): a directory per epoch with ``pytorch_model.bin`` (a state dict), ``config.json`` and, of a teacher,
``visn_model.chkpt`` (the video side, keys under ``module.``). Here a checkpoint is the dict {file name: content} of such a directory, or
one state dict. Stock BERT checkpoints in the same layout convert as well.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

_WEIGHTS = "pytorch_model.bin"
_VIDEO = "visn_model.chkpt"
_HEADS = ("kd1_student_head", "kd2_student_head")
_UNUSED = {
    "bert.embeddings.position_ids": "a constant, made anew",
    "bert.pooler": "masked language modelling has no pooler",
    "kd2_teacher_head": "the release never calls it",
    "visual_hinge_head": "no loss reads it; VideoLanguageModel(hinge_head=True) has it",
    "cls.seq_relationship": "next-sentence prediction is not trained",
}
_VIDEO_RULES = (
    ("module.backbone.bert.", "video.bert."),
    ("module.backbone.video_encoder.new_video_embeddings.", "video.embeddings."),
    ("module.mlp_map.", "video.mlp."),
)


def to_our_key(key: str, heads: tuple[str, ...] = ()) -> str:
    """Return our name of a published parameter; ``heads`` are the KD heads in the order of the distiller's terms."""
    for published, ours in _VIDEO_RULES:
        if key.startswith(published):
            return ours + key.removeprefix(published)
    owner, _, rest = key.partition(".")
    if owner in heads:
        return f"distill.terms.{heads.index(owner)}.connector.{rest}"
    return key.replace("visual_hinge_head.", "hinge_head.") if owner == "visual_hinge_head" else f"lm.{key}"


def to_official_key(key: str, heads: tuple[str, ...] = ()) -> str:
    """Return the published name of one of our parameters; the inverse of ``to_our_key``."""
    for published, ours in _VIDEO_RULES:
        if key.startswith(ours):
            return published + key.removeprefix(ours)
    if key.startswith("distill.terms."):
        _, _, number, _, rest = key.split(".", 4)
        return f"{heads[int(number)]}.{rest}"
    return key.replace("hinge_head.", "visual_hinge_head.") if key.startswith("hinge_head.") else key.removeprefix("lm.")


def kd_heads(state: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the KD heads a state dict holds that a term of ours uses, NST's before the contrastive one's."""
    return tuple(head for head in _HEADS if f"{head}.dense.weight" in state)


def convert_vidlankd(checkpoint: Mapping[str, Any], keep_hinge_head: bool = False) -> Conversion:
    """Rename a teacher, student, plain or GLUE checkpoint for ``VideoLanguageModel``, ``BertMLM`` (with its distiller) or
    ``TextClassifier``.

    Pooler and position ids may be there or not. KD heads become the connectors of the distiller's terms, NST first.

    Args:
        checkpoint: {file name: content} of the directory, or a state dict.
        keep_hinge_head: keep the teacher's head that no loss reads.

    Raises:
        DataError: no BERT in it.
    """
    state, video, dropped = _parts(checkpoint)
    if "bert.embeddings.word_embeddings.weight" not in state:
        found = sorted(map(str, state))[:6]
        raise DataError(f"not a VidLanKD checkpoint: no 'bert.embeddings.word_embeddings.weight' in {_WEIGHTS}, found {found}")
    heads, converted = kd_heads(state), {}
    is_classifier = "classifier.weight" in state
    for key, value in state.items():
        reason = next((why for start, why in _UNUSED.items() if f"{key}.".startswith(f"{start}.")), None)
        if key.startswith("visual_hinge_head.") and keep_hinge_head:
            reason = None
        if is_classifier and key.startswith("bert.pooler."):
            reason = None
        if reason is not None:
            dropped[key] = reason
        else:
            converted[_classifier_key(key) if is_classifier else to_our_key(key, heads)] = value
    decoder, embedding = "lm.cls.predictions.decoder.weight", "lm.bert.embeddings.word_embeddings.weight"
    if "lm.cls.predictions.bias" in converted:
        # Ties that older files leave out or untied tools may have torn.
        converted.setdefault("lm.cls.predictions.decoder.bias", converted["lm.cls.predictions.bias"])
        converted.setdefault(decoder, converted[embedding])
        if not torch.equal(converted[decoder], converted[embedding]):
            raise DataError(f"{_WEIGHTS}: cls.predictions.decoder.weight is not the word embedding; they are one parameter here")
    for key, value in video.items():
        if key.endswith("position_ids"):
            dropped[key] = _UNUSED["bert.embeddings.position_ids"]
        else:
            converted[to_our_key(key)] = value
    return Conversion(converted, dropped)


def _classifier_key(key: str) -> str:
    return key.replace("bert.", "encoder.", 1) if key.startswith("bert.") else key.replace("classifier.", "head.", 1)


def _parts(checkpoint: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, str]]:
    """Return text weights, video weights, and what is neither."""
    if not isinstance(checkpoint, Mapping):
        raise DataError(f"not a VidLanKD checkpoint: {type(checkpoint).__name__}")
    if _WEIGHTS not in checkpoint:
        return dict(checkpoint), {}, {}
    dropped = {name: "not weights" for name in checkpoint if name not in (_WEIGHTS, _VIDEO)}
    video = checkpoint.get(_VIDEO, {})
    return (
        dict(checkpoint[_WEIGHTS]),
        {key if key.startswith("module.") else f"module.{key}": value for key, value in video.items()},
        dropped,
    )
