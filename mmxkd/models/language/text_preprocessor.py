"""From tokenised texts to the padded batch on the model's device."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS


@MODELS.register_module()
class TextPreprocessor(BaseDataPreprocessor):
    """Pad the texts of a batch on the right to the longest of them, and mask what is padding.

    Args:
        pad_id: what fills up the ids.
        ids_key: name of the tensor that holds the ids, where a sample has several.
        extra: padding columns behind the longest text; the release of the anticipation teachers has 3. They are masked and change nothing.
        max_len: columns there may be at most, the positions the encoder has; ``None`` = no limit.
        vocab_size: ids at or above it are refused; ``None`` = no check.
        allow_empty: whether a text may have no token at all; it is all padding then. Encoders need one, ids of actions do not.
        pad_values: what fills up further tensors of a sample (``labels=-100``); 0 for those not named.
        non_blocking: whether copies to the device need not be waited for.

    Raises:
        ConfigError: a negative ``extra``.
    """

    def __init__(
        self,
        pad_id: int = 0,
        ids_key: str = "input_ids",
        extra: int = 0,
        max_len: int | None = None,
        vocab_size: int | None = None,
        allow_empty: bool = False,
        pad_values: Mapping[str, int] | None = None,
        non_blocking: bool = False,
    ) -> None:
        super().__init__(non_blocking)
        if extra < 0:
            raise ConfigError(f"data_preprocessor.extra={extra}; accepted: at least 0")
        self.ids_key = ids_key
        self.extra, self.max_len, self.vocab_size, self.allow_empty = extra, max_len, vocab_size, allow_empty
        self.pad_values = {**(pad_values or {}), ids_key: pad_id}

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return ``{'inputs': {'input_ids': int64 (N, L), 'attention_mask': int64 (N, L), ...}, 'data_samples': list | None}``.

        Args:
            data: ``inputs``: N texts, each int64 (L_n,) or a dict of ids and further tensors of that length, or such dicts collated into
                one of lists; ``data_samples``: N samples.
            training: changes nothing.

        Raises:
            DataError: an empty text, one longer than ``max_len``, ids outside the vocabulary, or tensors of unlike length in a sample.
        """
        samples = data.get("data_samples")
        texts = unbatch_texts(data["inputs"], self.ids_key)
        for number, text in enumerate(texts):
            self._check(text, samples[number].get("uid", f"#{number}") if samples is not None else f"#{number}")
        lengths = torch.tensor([len(text[self.ids_key]) for text in texts])
        columns = max(int(lengths.max()) + self.extra, 1)
        if self.max_len is not None:
            columns = min(columns, self.max_len)
        inputs = {key: self._pad([text[key] for text in texts], columns, self.pad_values.get(key, 0)) for key in texts[0]}
        inputs["attention_mask"] = (torch.arange(columns) < lengths[:, None]).long()
        return {"inputs": self.cast_data(inputs), "data_samples": self.cast_data(samples)}

    @staticmethod
    def _pad(rows: Sequence[Tensor], columns: int, value: int) -> Tensor:
        padded = pad_sequence(list(rows), batch_first=True, padding_value=value)
        return torch.nn.functional.pad(padded, (0, columns - padded.shape[1]), value=value)

    def _check(self, text: Mapping[str, Tensor], name: str) -> None:
        ids = text[self.ids_key]
        if ids.ndim != 1 or (not len(ids) and not self.allow_empty):
            least = 0 if self.allow_empty else 1
            raise DataError(f"text of sample {name}: {self.ids_key} of shape {tuple(ids.shape)}; accepted: (L,) with L of at least {least}")
        if self.max_len is not None and len(ids) > self.max_len:
            raise DataError(f"text of sample {name}: {len(ids)} tokens; accepted: at most data_preprocessor.max_len={self.max_len}")
        if any(len(value) != len(ids) for value in text.values()):
            raise DataError(f"text of sample {name}: tensors differ in length, { {key: len(value) for key, value in text.items()} }")
        if self.vocab_size is not None and len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < self.vocab_size:
            raise DataError(
                f"text of sample {name}: token id {int(ids.max())} in a vocabulary of {self.vocab_size} (data_preprocessor.vocab_size); "
                "the tokenizer is not the model's"
            )


def unbatch_texts(inputs: Any, ids_key: str = "input_ids") -> list[dict[str, Tensor]]:
    """Return one dict of tensors per text, out of a list of tensors or dicts, or out of a dict of lists (what collating makes of dicts)."""
    if isinstance(inputs, Mapping):
        return [dict(zip(inputs, row, strict=True)) for row in zip(*inputs.values(), strict=True)]
    return [dict(text) if isinstance(text, Mapping) else {ids_key: text} for text in inputs]
