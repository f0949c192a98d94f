"""Encoders of Hugging Face transformers, from a config or from a local folder; nothing is ever downloaded.

The release of the text teachers knows a third start beside stock and pre-trained weights: with no checkpoint named it loads the stock
weights and calls ``init_weights()`` on them, which draws them anew in its transformers 4.12.4 and does nothing in 4.30 or 5. For random
weights build from a config.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from mmxkd.errors import ConfigError, DataError

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

#: ``model_type`` of the encoders that are supported.
ENCODERS = ("albert", "bert", "deberta", "distilbert", "electra", "roberta")
_WITH_POOLER = ("albert", "bert", "roberta")
# What configs written by older versions of transformers hold beside the arguments of today's classes.
_ALWAYS_ACCEPTED = {"architectures", "torch_dtype", "dtype", "transformers_version", "use_cache", "_name_or_path", "classifier_dropout"}
_FIXED = {"position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False}


def encoder_config(config: Mapping[str, Any]) -> "PretrainedConfig":
    """Return the Hugging Face config of ``config``: ``model_type`` and the arguments of that type's config class.

    Raises:
        ConfigError: a ``model_type`` outside ``ENCODERS``, a key its config class does not know, or a value it refuses.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    values = dict(config)
    kind = values.pop("model_type", None)
    if kind not in ENCODERS:
        raise ConfigError(f"encoder.config.model_type={kind!r}; accepted: {', '.join(ENCODERS)}")
    default = AutoConfig.for_model(kind)
    known = set(default.to_dict()) | set(default.attribute_map) | _ALWAYS_ACCEPTED
    for key, value in values.items():
        if key in _FIXED:
            if value != _FIXED[key]:
                raise ConfigError(f"encoder.config.{key}={value!r}; accepted: {_FIXED[key]!r}")
        elif key not in known:
            close = get_close_matches(key, known, 1)
            raise ConfigError(f"encoder.config.{key}: no such setting of {kind!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    try:
        return AutoConfig.for_model(kind, **{key: value for key, value in values.items() if key not in _FIXED})
    except (StrictDataclassError, TypeError, ValueError) as error:
        raise ConfigError(f"encoder.config of {kind!r}: {' '.join(str(error).split())}") from None


def build_encoder(config: Mapping[str, Any] | None = None, pretrained: str | None = None, pooler: bool = False) -> "PreTrainedModel":
    """Return an encoder whose output has ``last_hidden_state`` (N, L, D).

    Args:
        config: see ``encoder_config``; the weights are random. Beside ``pretrained``: settings put over those of the folder.
        pretrained: local folder with ``config.json`` and ``model.safetensors`` or ``pytorch_model.bin`` (read weights-only).
        pooler: keep the pooling layer of the types that have one; no loss of ours reaches it.

    Raises:
        ConfigError: neither argument given; see ``encoder_config``.
        DataError: no such folder, or its weights do not fill the encoder.
    """
    return _build("AutoModel", config, pretrained, pooler)


def build_masked_lm(config: Mapping[str, Any] | None = None, pretrained: str | None = None) -> "PreTrainedModel":
    """Return an encoder with its masked-language-model head; arguments and errors as in ``build_encoder``.

    A folder without that head (stock ELECTRA is a discriminator) leaves it as initialised.
    """
    return _build("AutoModelForMaskedLM", config, pretrained, False)


def masked_lm_head(model: Any) -> Callable[[Tensor], Tensor]:
    """Return what turns hidden states (..., D) of a masked language model into logits (..., vocabulary)."""
    kind = model.config.model_type
    if kind == "distilbert":
        return lambda hidden: model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(hidden))))
    if kind == "electra":
        return lambda hidden: model.generator_lm_head(model.generator_predictions(hidden))
    return getattr(model, {"albert": "predictions", "roberta": "lm_head"}.get(kind, "cls"))


def _build(auto: str, config: Mapping[str, Any] | None, pretrained: str | None, pooler: bool) -> "PreTrainedModel":
    import transformers

    if pretrained is not None:
        return load_folder(getattr(transformers, auto), pretrained, config, pooler)
    if config is None:
        raise ConfigError("encoder: neither config nor pretrained is given; accepted: a config with model_type, a local folder, or both")
    hf_config = encoder_config(config)
    return getattr(transformers, auto).from_config(hf_config, **_pooling(auto, hf_config.model_type, pooler))


def _pooling(auto: str, kind: str, pooler: bool) -> dict[str, bool]:
    return {"add_pooling_layer": pooler} if auto == "AutoModel" and kind in _WITH_POOLER else {}


def load_folder(cls: Any, folder: str, config: Mapping[str, Any] | None = None, pooler: bool = False) -> "PreTrainedModel":
    """Return ``cls`` (an ``Auto`` class) with the weights of a local folder; arguments as in ``build_encoder``.

    Raises:
        DataError: no such folder, a type that is not supported, files that cannot be read, or an encoder they do not fill.
    """
    from transformers import AutoConfig

    path = Path(folder).expanduser()
    if not (path / "config.json").is_file():
        raise DataError(f"encoder.pretrained={folder!r}: no folder with a config.json; nothing is downloaded, put the files there first")
    kind = AutoConfig.from_pretrained(path, local_files_only=True).model_type
    asked = {"model_type": kind, **(config or {})}
    if asked["model_type"] != kind or kind not in ENCODERS:
        accepted = kind if kind in ENCODERS else ", ".join(ENCODERS)
        raise DataError(f"encoder.pretrained={folder!r} holds a {kind!r}, asked for {asked['model_type']!r}; accepted: {accepted}")
    encoder_config(asked)
    over = {key: value for key, value in asked.items() if key != "model_type"}
    try:
        # Weights cannot be loaded onto the meta device, where keys are asked for before training.
        with torch.device("cpu"):
            model, info = cls.from_pretrained(
                path, local_files_only=True, output_loading_info=True, **over, **_pooling(cls.__name__, kind, pooler)
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"encoder.pretrained={folder!r}: {str(error).splitlines()[0]}") from None
    prefix = "" if model.base_model is model else f"{model.base_model_prefix}."
    missing = sorted(key for key in info["missing_keys"] if key.startswith(prefix) and ".pooler." not in f".{key}")
    if missing:
        raise DataError(f"encoder.pretrained={folder!r}: {len(missing)} weights of the encoder are not in the files: {missing[:4]}")
    return model
