"""From histories to token ids."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmxkd.datasets.anticipation.segments import ActionVocabulary
from mmxkd.datasets.anticipation.text import action_texts, history_text
from mmxkd.errors import ConfigError, DataError


def keep_last(ids: Sequence[int], max_len: int, keep_cls: bool = False) -> list[int]:
    """Return the last ``max_len`` ids of a sequence with its special tokens.

    As published, a long sequence loses its first special token, and position 0 becomes an ordinary one; ``keep_cls`` keeps that token
    and drops one more of the others.
    """
    if len(ids) <= max_len:
        return list(ids)
    return [ids[0], *ids[len(ids) - max_len + 1 :]] if keep_cls else list(ids[len(ids) - max_len :])


class HistoryEncoder:
    """Turns histories into token ids (sayontang/Action_Anticipation, teacher/code).

    Args:
        vocabulary: the actions.
        tokenizer: a Hugging Face tokenizer.
        hist_len: how many of the last actions are told; ``None``: all.
        max_len: ids at most, see ``keep_last``.
        keep_cls: see ``keep_last``.
        clean_text: see ``action_texts``.
        max_unknown: share of unknown tokens among the texts of all actions beyond which the tokenizer is refused; below it they are
            logged.

    Attributes:
        texts: (K,) text of every action.

    Raises:
        ConfigError: ``hist_len`` or ``max_len`` below 1 (2 with ``keep_cls``).
        DataError: the tokenizer knows too few of the tokens.
    """

    def __init__(
        self,
        vocabulary: ActionVocabulary,
        tokenizer: Any,
        hist_len: int | None = None,
        max_len: int = 512,
        keep_cls: bool = False,
        clean_text: bool = False,
        max_unknown: float = 0.01,
    ) -> None:
        if (hist_len is not None and hist_len < 1) or max_len < 1 + keep_cls:
            raise ConfigError(f"hist_len={hist_len}, max_len={max_len}; accepted: at least 1 (max_len 2 with keep_cls)")
        self.texts = action_texts(vocabulary, clean_text)
        self.tokenizer = tokenizer
        self.hist_len, self.max_len, self.keep_cls = hist_len, max_len, keep_cls
        self._check_unknown(max_unknown)

    def _check_unknown(self, limit: float) -> None:
        unknown = self.tokenizer.unk_token_id
        if unknown is None:
            return
        tokens = self.tokenizer(self.texts, add_special_tokens=False)["input_ids"]
        affected = [text for text, ids in zip(self.texts, tokens, strict=True) if unknown in ids]
        count, total = sum(ids.count(unknown) for ids in tokens), sum(map(len, tokens))
        if not affected:
            return
        message = (
            f"the tokenizer does not know {count} of {total} tokens ({count / total:.1%}), in {len(affected)} action texts: {affected[:3]}"
        )
        if count > limit * total:
            raise DataError(f"{message}; the limit is max_unknown={limit:g}. Is it the tokenizer of this model and language?")
        print_log(message, "current", logging.WARNING)

    def text(self, history: Sequence[int]) -> str:
        """Return the text of a history."""
        return history_text(history, self.texts, self.hist_len)

    def __call__(self, histories: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Return the ids (L,) int64 of every history, special tokens included."""
        if not histories:
            return []
        # Longer texts than the model takes are cut here, so the tokenizer's own warning about them would mislead.
        tokens = self.tokenizer([self.text(history) for history in histories], truncation=False, verbose=False)["input_ids"]
        return [np.array(keep_last(ids, self.max_len, self.keep_cls), dtype=np.int64) for ids in tokens]
