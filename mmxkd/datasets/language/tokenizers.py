"""Tokenizers: read from a local Hugging Face folder, built from a given vocabulary, or trained on a corpus in the kind a model reads.

Kinds are the model types of Hugging Face: ``bert``, ``electra`` and ``distilbert`` read word pieces, ``roberta`` and ``deberta`` (v1)
byte-level pairs, ``albert`` a unigram model.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mmxkd.errors import ConfigError, DataError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast


class _Family(NamedTuple):
    """How a kind of tokenizer works: its algorithm, and its special tokens in the order of their ids."""

    algorithm: str
    special: dict[str, str]


_BRACKETS = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
_WORD_PIECE = _Family("WordPiece", _BRACKETS)
_FAMILIES = {
    "bert": _WORD_PIECE,
    "electra": _WORD_PIECE,
    "distilbert": _WORD_PIECE,
    "roberta": _Family(
        "BPE", {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}
    ),
    "deberta": _Family(
        "BPE", {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    ),
    "albert": _Family("Unigram", {**_BRACKETS, "pad_token": "<pad>", "unk_token": "<unk>"}),
}
KINDS = tuple(_FAMILIES)


def _family(kind: str) -> _Family:
    if kind not in _FAMILIES:
        raise ConfigError(f"tokenizer kind {kind!r}; accepted: {', '.join(KINDS)}")
    return _FAMILIES[kind]


def train_tokenizer(kind: str, lines: Iterable[str], vocab_size: int) -> "PreTrainedTokenizerFast":
    """Train a tokenizer on a corpus; the same lines give the same tokens (scores of a unigram model: to the second decimal).

    Args:
        kind: one of ``KINDS``.
        lines: the corpus.
        vocab_size: tokens at most, special ones and, for byte-level pairs, the 256 bytes included; a small corpus gives fewer.

    Raises:
        ConfigError: an unknown kind, or a vocabulary too small for special tokens and alphabet.
        DataError: the corpus is empty.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    family = _family(kind)
    least = len(family.special) + (256 if family.algorithm == "BPE" else 1)
    if vocab_size <= least:
        raise ConfigError(f"tokenizer vocab_size={vocab_size} for {kind}; accepted: more than {least}")
    special, unknown = list(family.special.values()), family.special["unk_token"]
    corpus = [line for line in lines if line.strip()]
    if not corpus:
        raise DataError("the corpus to train a tokenizer on is empty")
    if family.algorithm == "WordPiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
        _set_rules(tokenizer, family.algorithm)
        # The trainer numbers "##x" pieces in the order of a hash map, and ties between merges follow these numbers; named in advance they
        # have an order.
        alphabet = sorted({char for line in corpus for char in tokenizer.normalizer.normalize_str(line) if not char.isspace()})
        named = [*special, *(f"##{char}" for char in alphabet)]
        trainer: Any = trainers.WordPieceTrainer(vocab_size=vocab_size, special_tokens=named, show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
        return assemble_tokenizer(kind, sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__))
    if family.algorithm == "BPE":
        tokenizer = Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=special,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        _set_rules(tokenizer, family.algorithm)
        tokenizer.train_from_iterator(corpus, trainer)
        return _wrap(tokenizer, family)
    tokenizer = Tokenizer(models.Unigram())
    trainer = trainers.UnigramTrainer(vocab_size=vocab_size, special_tokens=special, unk_token=unknown, show_progress=False)
    _set_rules(tokenizer, family.algorithm)
    tokenizer.train_from_iterator(corpus, trainer)
    # The trainer sums in the order of a hash map: its pieces come in any order, and their scores differ in the fourth decimal.
    pieces = json.loads(tokenizer.to_str())["model"]["vocab"]
    ordered = sorted((piece, round(score, 2)) for piece, score in pieces if piece not in special)
    return assemble_tokenizer(kind, [*((token, 0.0) for token in special), *ordered])


def assemble_tokenizer(
    kind: str, vocab: Sequence[str] | Sequence[tuple[str, float]] | Mapping[str, int], merges: Sequence[str | tuple[str, str]] = ()
) -> "PreTrainedTokenizerFast":
    """Build the stock tokenizer of a kind from its vocabulary, as the files ``vocab.txt``, or ``vocab.json`` and ``merges.txt``, hold it.

    Args:
        kind: one of ``KINDS``.
        vocab: the tokens in the order of their ids, or their ids; of a unigram model (piece, score) pairs in that order.
        merges: of byte-level pairs: in the order they were learnt, joined by a blank or as tuples; lines that open with ``#version`` are
            passed over.

    Raises:
        DataError: a special token is missing, or a merge makes no token.
    """
    from tokenizers import Tokenizer, models

    family = _family(kind)
    tokens = [token if isinstance(token, str) else token[0] for token in vocab]
    ids = dict(vocab) if isinstance(vocab, Mapping) else {token: number for number, token in enumerate(tokens)}
    missing = [token for token in family.special.values() if token not in ids]
    if missing:
        raise DataError(f"vocabulary of {len(ids)} tokens lacks {', '.join(missing)}: not one of {kind}")
    unknown = family.special["unk_token"]
    try:
        if family.algorithm == "WordPiece":
            tokenizer = Tokenizer(models.WordPiece(ids, unk_token=unknown))
        elif family.algorithm == "BPE":
            learnt = (merge for merge in merges if not str(merge).startswith("#version"))
            pairs = [tuple(merge.split()) if isinstance(merge, str) else tuple(merge) for merge in learnt]
            tokenizer = Tokenizer(models.BPE(ids, [pair for pair in pairs if pair]))  # type: ignore[misc]
        else:
            tokenizer = Tokenizer(
                models.Unigram([(token, float(pair[1])) for token, pair in zip(tokens, vocab, strict=True)], ids[unknown], False)
            )
    except Exception as error:  # tokenizers raises plain Exception
        raise DataError(f"vocabulary and merges make no {family.algorithm} tokenizer: {error}") from None
    _set_rules(tokenizer, family.algorithm)
    return _wrap(tokenizer, family)


def _set_rules(tokenizer: Any, algorithm: str) -> None:
    """Set how text is normalised and cut into words, as the stock tokenizers of the kind do (uncased)."""
    from tokenizers import Regex, decoders, normalizers, pre_tokenizers

    if algorithm == "WordPiece":
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
    elif algorithm == "BPE":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    else:
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.Replace("``", '"'),
                normalizers.Replace("''", '"'),
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
                normalizers.Replace(Regex(" {2,}"), " "),
            ]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()


def _wrap(tokenizer: Any, family: _Family) -> "PreTrainedTokenizerFast":
    """Add the special tokens around a text (and between two) and hand over to transformers."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    cls, sep = family.special["cls_token"], family.special["sep_token"]
    between = f"{sep} {sep}" if cls == "<s>" else sep
    tokenizer.post_processor = processors.Sequence(
        [
            *([processors.ByteLevel(trim_offsets=False)] if family.algorithm == "BPE" else []),
            processors.TemplateProcessing(
                single=f"{cls} $A {sep}",
                pair=f"{cls} $A {between} $B {sep}" if cls == "<s>" else f"{cls} $A {sep} $B:1 {sep}:1",
                special_tokens=[(token, tokenizer.token_to_id(token)) for token in (cls, sep)],
            ),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **family.special)


def load_tokenizer(path: str | Path, kind: str | None = None) -> "PreTrainedTokenizerBase":
    """Load a tokenizer from a local folder of Hugging Face files; nothing is downloaded.

    Args:
        path: the folder.
        kind: what the model reads; the tokenizer is held to it.

    Raises:
        ConfigError: the folder is missing.
        DataError: it holds no tokenizer, one of another kind, or one that gives ids of no token.
    """
    from transformers import AutoTokenizer

    if not Path(path).is_dir():
        raise ConfigError(f"tokenizer {str(path)!r}: no such folder; accepted: a folder with tokenizer.json, or vocab.txt and config.json")
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True)
        around, highest = [*tokenizer("")["input_ids"], *tokenizer.all_special_ids], max(tokenizer.get_vocab().values())
    except ImportError:
        raise
    except Exception as error:  # damaged files make the tokenizers library raise a bare Exception, transformers all sorts
        reason = (str(error).splitlines() or [""])[0][:160]
        raise DataError(f"{path}: holds no tokenizer ({type(error).__name__}: {reason})") from error
    if any(number > highest for number in around):
        raise DataError(f"{path}: its special tokens have the ids {sorted(set(around))}; accepted: 0 to {highest}, the ids of its tokens")
    if kind is not None:
        check_kind(tokenizer, kind, str(path))
    return tokenizer


def check_kind(tokenizer: "PreTrainedTokenizerBase", kind: str, source: str = "tokenizer") -> None:
    """Raise ``DataError`` unless the tokenizer works as models of that kind expect: algorithm and special tokens."""
    family = _family(kind)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    algorithm = type(backend.model).__name__ if backend is not None else family.algorithm
    if algorithm != family.algorithm:
        raise DataError(f"{source}: a {algorithm} vocabulary; {kind} reads {family.algorithm}")
    special = {name: str(getattr(tokenizer, name, None)) for name in ("cls_token", "sep_token", "pad_token")}
    wrong = [f"{name} {token!r} ({family.special[name]!r})" for name, token in special.items() if token != family.special[name]]
    if wrong:
        raise DataError(f"{source}: the special tokens are those of another model than {kind}: {', '.join(wrong)}")


def check_vocabulary(tokenizer: "PreTrainedTokenizerBase", embeddings: int, source: str = "tokenizer") -> None:
    """Raise ``DataError`` when the tokenizer gives ids that a model with so many embeddings does not have."""
    highest = max(tokenizer.get_vocab().values())
    if highest >= embeddings:
        raise DataError(
            f"{source}: a vocabulary of {len(tokenizer)} tokens with ids up to {highest}, but the model has {embeddings} embeddings: "
            "take the tokenizer the model was trained with, or set the model's vocab_size"
        )


def tokenizer_json(tokenizer: Any) -> str | None:
    """Return a Hugging Face tokenizer in the form that ``tokenizers.Tokenizer.from_str`` reads, ``None`` where it has none."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return None if backend is None else backend.to_str()


def save_tokenizer(tokenizer: "PreTrainedTokenizerBase", path: str | Path) -> None:
    """Write a tokenizer as a folder ``load_tokenizer`` reads; it is there whole or not at all, an existing one stays."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}") as temporary:
        staged = Path(temporary, "tokenizer")
        tokenizer.save_pretrained(str(staged))
        try:
            os.replace(staged, target)
        except OSError:
            # Another process of the same run was faster; what it wrote is equal.
            if not Path(target, "tokenizer.json").is_file():
                raise


def resolve_tokenizer(config: str | Mapping[str, Any] | Any, corpus: Callable[[], Iterable[str]]) -> Any:
    """Return the tokenizer a config value means.

    Args:
        config: a folder; ``dict(kind=..., path=...)`` for a folder held to a kind; with ``vocab_size``, too, one is trained on ``corpus``
            and written to ``path`` where that folder is not there yet; or a tokenizer.
        corpus: gives the lines to train on.

    Raises:
        ConfigError: none of these.
    """
    if isinstance(config, str | Path):
        return load_tokenizer(config)
    if not isinstance(config, Mapping):
        if callable(config) and hasattr(config, "pad_token_id"):
            return config
        raise ConfigError(f"tokenizer={config!r}; accepted: a folder, or dict(kind=..., path=..., vocab_size=...)")
    unknown = set(config) - {"kind", "path", "vocab_size"}
    if unknown or not {"kind", "path"} <= set(config):
        raise ConfigError(f"tokenizer={dict(config)}; accepted: kind and path, and vocab_size to train one")
    if not Path(config["path"]).is_dir() and "vocab_size" in config:
        save_tokenizer(train_tokenizer(config["kind"], corpus(), config["vocab_size"]), config["path"])
    return load_tokenizer(config["path"], config["kind"])
