"""Start a text model from weights of its language model."""

from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.registry import WEIGHT_INITIALIZERS
from torch import Tensor

from mmxkd.checkpoints import load_state_dict
from mmxkd.errors import DataError
from mmxkd.models.language.encoders import load_folder


def encoder_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return an encoder's weights, keys as the encoder has them, of a text model (``encoder.*``) or a ``BertMLM`` (``lm.<type>.*``).

    Raises:
        DataError: neither kind of key is there.
    """
    for prefix in ("encoder.", "lm.albert.", "lm.bert.", "lm.deberta.", "lm.distilbert.", "lm.electra.", "lm.roberta."):
        found = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        if found:
            return found
    raise DataError(f"holds no encoder: expected keys 'encoder.*' or 'lm.<type>.*', found {sorted(state)[:4]}")


@WEIGHT_INITIALIZERS.register_module()
class PretrainedLanguageModel:
    """``init_cfg=dict(type='PretrainedLanguageModel', checkpoint=...)`` of ``TextAnticipator`` or ``BertMLM``.

    The release's ``-checkpoint_path``: a folder or checkpoint; its ``base`` is the folder of the stock weights; without ``init_cfg`` the
    weights are random (see ``encoders`` for what the release does there).

    Args:
        checkpoint: a checkpoint of ``BertMLM`` or ``TextAnticipator``, an official one converted by ``tools/convert_checkpoint.py
            text_teacher``, or a local Hugging Face folder.

    Raises:
        DataError: cannot be read, or does not fill the encoder.
    """

    def __init__(self, checkpoint: str) -> None:
        self.checkpoint = checkpoint

    def __call__(self, module: Any) -> None:
        """Load the encoder's weights into ``module``; from a folder into a ``BertMLM`` those of the head, too."""
        if Path(self.checkpoint).expanduser().is_dir():
            self._load_folder(module)
            return
        weights = encoder_weights(load_state_dict(self.checkpoint))
        language_model = getattr(module, "lm", None)
        self._fill(module.encoder if language_model is None else language_model.base_model, weights)
        print_log(f"{self.checkpoint}: {len(weights)} tensors into the encoder", "current")

    def _load_folder(self, module: Any) -> None:
        import transformers

        language_model = getattr(module, "lm", None)
        target, cls = (
            (module.encoder, transformers.AutoModel) if language_model is None else (language_model, transformers.AutoModelForMaskedLM)
        )
        source = load_folder(cls, self.checkpoint, {"model_type": target.config.model_type})
        self._fill(target, source.state_dict())
        print_log(f"{self.checkpoint}: a {target.config.model_type} loaded", "current")

    def _fill(self, target: Any, weights: dict[str, Tensor]) -> None:
        own = target.state_dict()
        # A pooling layer is random and unused where only one side has it.
        weights = {key: value for key, value in weights.items() if key in own or not key.startswith("pooler.")}
        problems = [f"{key}: not in the file" for key in own if key not in weights and not key.startswith("pooler.")]
        problems += [f"{key}: not in the model" for key in weights if key not in own]
        problems += [
            f"{key}: {tuple(value.shape)} in the file, {tuple(own[key].shape)} in the model"
            for key, value in weights.items()
            if key in own and value.shape != own[key].shape
        ]
        if problems:
            more = f" and {len(problems) - 6} more" if len(problems) > 6 else ""
            raise DataError(f"{self.checkpoint}: weights do not fit: {'; '.join(problems[:6])}{more}")
        target.load_state_dict(weights, strict=False)
