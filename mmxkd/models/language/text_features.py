"""Token features of sentences from a frozen text model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

_CLIP = ("clip", "clip_text_model")


def canonical_question(text: str) -> str:
    """Return a question in the form GroundNLQ's features were computed from: no full stop, lower case, one question mark.

    Source: houzhijian/CONE, feature extraction (fact sheet section 1).
    """
    return f"{text.strip('.').strip(' ').strip('?').lower()}?"


class TextFeatureExtractor(nn.Module):
    """Sentences to features of their tokens: the model's last hidden states, without those of the tokens put around a sentence.

    Of CLIP's text tower that is the output of the final layer norm, without the projection into the space shared with images. The model
    is frozen and in eval mode, whatever ``train()`` is called with.

    Args:
        model: gives ``last_hidden_state`` (N, L, D) for ``input_ids`` and ``attention_mask``; has a Hugging Face ``config``.
        tokenizer: of the ``tokenizers`` library; it puts the special tokens around a sentence.
        canonical: pass sentences through ``canonical_question``.

    Attributes:
        truncated: how many sentences were cut because the model has too few positions.
    """

    def __init__(self, model: nn.Module, tokenizer: "Tokenizer", canonical: bool = True) -> None:
        super().__init__()
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.canonical = canonical
        config: Any = model.config
        self.dim = int(config.hidden_size)
        self.max_tokens = int(getattr(config, "max_position_embeddings", 512))
        vocabulary = int(config.vocab_size)
        if tokenizer.get_vocab_size() > vocabulary:
            raise DataError(f"a tokenizer of {tokenizer.get_vocab_size()} tokens for a text model that knows {vocabulary}")
        if config.model_type == "roberta":
            self.max_tokens -= 2  # its positions begin behind the padding's
        self.truncated = 0

    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, sentences: Sequence[str]) -> list[Tensor]:
        """Return the features (n, D) float32 of each sentence's n tokens.

        Raises:
            DataError: a sentence without any token.
        """
        encodings = [self._encode(sentence) for sentence in sentences]
        device = next(self.model.parameters()).device
        lengths = torch.tensor([len(ids) for ids, _ in encodings])
        tokens = torch.zeros(len(encodings), int(lengths.max()), dtype=torch.int64)
        for row, (ids, _) in zip(tokens, encodings, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        mask = (torch.arange(tokens.shape[1]) < lengths[:, None]).long()
        hidden = self.model(input_ids=tokens.to(device), attention_mask=mask.to(device)).last_hidden_state.float()
        return [hidden[number, inner] for number, (_, inner) in enumerate(encodings)]

    def _encode(self, sentence: str) -> tuple[list[int], list[int]]:
        """Return the token ids, and the places among them that belong to the sentence itself."""
        text = canonical_question(sentence) if self.canonical else sentence
        encoding = self.tokenizer.encode(text)
        ids, special = list(encoding.ids), list(encoding.special_tokens_mask)
        if len(ids) > self.max_tokens:
            self.truncated += 1
            # The end token stays: causal models put the sentence's end there, others were trained with it.
            ids, special = ids[: self.max_tokens - 1] + ids[-1:], special[: self.max_tokens - 1] + special[-1:]
        inner = [place for place, around in enumerate(special) if not around]
        if not sentence.strip() or not inner:
            raise DataError(f"sentence {sentence!r} has no token")
        return ids, inner

    @classmethod
    def from_folder(cls, folder: str | Path, canonical: bool = True) -> Self:
        """Load a local Hugging Face folder: CLIP's text tower of any CLIP checkpoint, else what ``AutoModel`` makes of it.

        Nothing is downloaded; weights are read weights-only.

        Raises:
            ConfigError: no such folder.
            DataError: no model or no tokenizer in it, or weights that do not fill the model.
        """
        import transformers

        if not Path(folder, "config.json").is_file():
            raise ConfigError(f"text model {str(folder)!r}: no folder with a config.json; nothing is downloaded, put the files there first")
        try:
            kind = transformers.AutoConfig.from_pretrained(folder, local_files_only=True).model_type
            auto: Any = transformers.CLIPTextModel if kind in _CLIP else transformers.AutoModel
            model, info = auto.from_pretrained(folder, local_files_only=True, output_loading_info=True)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise DataError(f"text model {str(folder)!r}: {str(error).splitlines()[0]}") from None
        missing = sorted(key for key in info["missing_keys"] if "pooler." not in key and "position_ids" not in key)
        if missing:
            raise DataError(f"text model {str(folder)!r}: {len(missing)} weights are not in the files: {missing[:4]}")
        return cls(model, backend_of(tokenizer), canonical)

    def to_bundle(self) -> dict[str, Any]:
        """Return plain values and tensors that ``from_bundle`` makes the same extractor of."""
        config: Any = self.model.config
        return {
            "config": config.to_dict(),
            "tokenizer": self.tokenizer.to_str(),
            "canonical": self.canonical,
            "state_dict": {key: value.cpu() for key, value in self.model.state_dict().items()},
        }

    @classmethod
    def from_bundle(cls, bundle: Mapping[str, Any]) -> Self:
        """Build an extractor from what ``to_bundle`` returned.

        Raises:
            DataError: parts are missing or do not fit.
        """
        import transformers
        from tokenizers import Tokenizer

        try:
            settings = dict(bundle["config"])
            kind = settings.pop("model_type")
            config: Any = transformers.AutoConfig.for_model(kind, **settings)
            model = transformers.CLIPTextModel(config) if kind in _CLIP else transformers.AutoModel.from_config(config)
            state = bundle["state_dict"]
            problems = model.load_state_dict(state, strict=False)
            missing = [key for key in problems.missing_keys if "pooler." not in key and "position_ids" not in key]
            if missing:
                raise DataError(f"the bundle's text model lacks {missing[:4]}")
            return cls(model, Tokenizer.from_str(bundle["tokenizer"]), bundle["canonical"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise DataError(f"the bundle's text model cannot be built: {error}") from None


def backend_of(tokenizer: "PreTrainedTokenizerBase") -> "Tokenizer":
    """Return a copy of the ``tokenizers`` object behind a Hugging Face tokenizer.

    Raises:
        DataError: it has none.
    """
    from tokenizers import Tokenizer

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise DataError(f"{type(tokenizer).__name__} has no tokenizer.json form; accepted: a fast tokenizer")
    return Tokenizer.from_str(backend.to_str())
