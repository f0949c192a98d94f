"""Our language models as plain Hugging Face folders."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmxkd.checkpoints import load_state_dict
from mmxkd.errors import DataError
from mmxkd.models.language.encoders import encoder_config

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_TEXT, _TASK = "lm.", ("encoder.", "head.")


def export_hugging_face(
    checkpoint: str | Path, encoder: Mapping[str, Any], folder: str | Path, tokenizer: "PreTrainedTokenizerBase | None" = None
) -> str:
    """Write a checkpoint of ``BertMLM``, ``VideoLanguageModel`` or ``TextClassifier`` so that ``from_pretrained`` opens it.

    The folder holds ``config.json``, ``model.safetensors`` and, if given, the tokenizer; nothing of the video side or a distiller.

    Args:
        checkpoint: one of ours.
        encoder: ``model.encoder.config`` of the model's config.
        folder: made anew; one that is there is replaced when the new one is whole.
        tokenizer: written along.

    Returns:
        The class name the folder is opened with.

    Raises:
        DataError: no language model in the file, or not one of that config.
    """
    import transformers

    state = load_state_dict(checkpoint)
    config = encoder_config({"model_type": "bert", **encoder})
    if any(key.startswith(_TEXT) for key in state):
        model = transformers.AutoModelForMaskedLM.from_config(config)
        state = {key.removeprefix(_TEXT): value for key, value in state.items() if key.startswith(_TEXT)}
    elif "head.weight" in state:
        config.num_labels = len(state["head.weight"])
        model = transformers.AutoModelForSequenceClassification.from_config(config)
        names = {"encoder.": f"{model.base_model_prefix}.", "head.": "classifier."}
        state = {names[start] + key.removeprefix(start): value for key, value in state.items() for start in _TASK if key.startswith(start)}
    else:
        raise DataError(f"{checkpoint}: no language model in it; expected keys 'lm.*', or 'encoder.*' and 'head.*'")
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise DataError(f"{checkpoint} does not fit the config: {error}") from None
    target = Path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}") as staged:
        model.save_pretrained(Path(staged, "model"))
        if tokenizer is not None:
            tokenizer.save_pretrained(str(Path(staged, "model")))
        if target.is_dir():
            shutil.rmtree(target)
        Path(staged, "model").replace(target)
    return type(model).__name__
