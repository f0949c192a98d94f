"""Which tokens a masked language model has to guess."""

from dataclasses import dataclass

import torch
from torch import Tensor

#: Label of a token that is not to be predicted.
IGNORED = -100


@dataclass(frozen=True)
class SpecialIds:
    """Ids of the special tokens; defaults are those of ``bert-base-uncased``."""

    pad: int = 0
    unk: int = 100
    cls: int = 101
    sep: int = 102
    mask: int = 103


def mask_tokens(
    ids: Tensor,
    generator: torch.Generator,
    vocab_size: int,
    special: SpecialIds,
    probability: float = 0.15,
    replacements: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Select tokens to be guessed and hide them: of the selected 80 % become [MASK], 10 % a random word, 10 % stay.

    Everything but [CLS], [SEP] and [PAD] can be selected, [UNK] and a [MASK] that was there before included.

    Args:
        ids: int64 (N, L), on the CPU; left alone.
        generator: drawn from four times, each a whole (N, L) matrix: selection, [MASK], random word or not, which word.
        vocab_size: V.
        special: ids of the special tokens.
        probability: of being selected, 0..1.
        replacements: ids (R,) the random words come from; ``None``: all of 0 ... V - 1, special ones included, as published.

    Returns:
        masked (N, L) and labels (N, L), the original id where selected, -100 elsewhere.

    Source: Devlin et al., BERT, 2019, section 3.1; zinengtang/VidLanKD ``mask_tokens``. Case: vidlankd ``mlm_masking``.
    """
    fixed = (ids == special.cls) | (ids == special.sep) | (ids == special.pad)
    chances = torch.full(ids.shape, probability).masked_fill_(fixed, 0.0)
    selected = torch.bernoulli(chances, generator=generator).bool()
    hidden = torch.bernoulli(torch.full(ids.shape, 0.8), generator=generator).bool() & selected
    random = torch.bernoulli(torch.full(ids.shape, 0.5), generator=generator).bool() & selected & ~hidden
    words = torch.randint(vocab_size if replacements is None else len(replacements), ids.shape, generator=generator)
    words = words if replacements is None else replacements[words]
    labels = torch.where(selected, ids, IGNORED)
    return torch.where(hidden, special.mask, torch.where(random, words, ids)), labels
