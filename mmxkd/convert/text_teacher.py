"""Checkpoints of the text teachers of action anticipation and of the language models they start from.

Layouts (fact sheet section 2): the fine-tuned module, ``LM_base.*`` (a Hugging Face encoder), ``out_action.*``, ``out_verb.*``,
``out_noun.*``; a Hugging Face masked language model, ``<type>.*`` and its head (``pytorch_model.bin``).
"""

import re

from torch import Tensor

from mmxkd.convert.report import Conversion
from mmxkd.errors import DataError

_ENCODER = "LM_base."
_HEADS = ("out_action.", "out_verb.", "out_noun.")
# In front of the encoder's keys in a masked language model: its ``model_type``.
_TYPES = re.compile(r"(albert|bert|deberta|distilbert|electra|roberta)\.")
_BUFFER = re.compile(r"(^|\.)embeddings\.(position_ids|token_type_ids)$")
#: Why buffers that count positions are left out.
POSITIONS = "counts positions, no weight"
_LEGACY = (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"))


def to_official_key(key: str) -> str:
    """Return the published name of one of ``TextAnticipator``'s parameters."""
    return f"{_ENCODER}{key.removeprefix('encoder.')}" if key.startswith("encoder.") else key


def convert_text_teacher(checkpoint: dict) -> Conversion:
    """Rename a fine-tuned text teacher (for ``TextAnticipator``) or a masked language model (for ``BertMLM`` and as a start of either).

    Raises:
        DataError: neither of them.
    """
    state = _state_of(checkpoint)
    is_teacher = any(key.startswith(_ENCODER) for key in state)
    if not is_teacher and not any(_TYPES.match(key) for key in state):
        raise DataError(f"neither a text teacher ('{_ENCODER}*') nor a masked language model ('bert.*' ...): found {sorted(state)[:4]}")
    conversion = Conversion({})
    for key, value in state.items():
        reason = _why_dropped(key, is_teacher)
        if reason:
            conversion.dropped[key] = reason
            continue
        name = f"encoder.{key.removeprefix(_ENCODER)}" if key.startswith(_ENCODER) else key if is_teacher else f"lm.{key}"
        for old, new in _LEGACY:
            name = name.replace(old, new)
        conversion.state_dict[name] = value
    return conversion


def _why_dropped(key: str, is_teacher: bool) -> str:
    if _BUFFER.search(key):
        return POSITIONS
    if ".pooler." in key:
        return "pooling layer that no prediction reads"
    if is_teacher and not key.startswith((_ENCODER, *_HEADS)):
        return "layer of the release that nothing uses"
    if not is_teacher and key.startswith(("cls.seq_relationship.", "discriminator_predictions.", "sop_classifier.")):
        return "head of another pre-training task"
    return ""


def _state_of(checkpoint: dict) -> dict[str, Tensor]:
    state = checkpoint.get("model", checkpoint.get("state_dict", checkpoint)) if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict) or not state:
        raise DataError(f"not a checkpoint: expected a dict of weights, found {type(checkpoint).__name__}")
    return {key.removeprefix("module."): value for key, value in state.items()}
