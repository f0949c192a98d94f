"""Tokenised corpora on disk: shards of token ids that are mapped into memory, not read.

A folder holds ``shard-00000.bin`` (ids, little endian), ``shard-00000.lines.npy`` (offset of each line in the shard) and
``shard-00000.json`` for every finished shard, ``tokens.json`` once the corpus is complete, and ``tokenizer.json``, what made the ids. No
pickle.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.errors import ConfigError, DataError

_META = "tokens.json"
TOKENIZER_FILE = "tokenizer.json"
_VERSION = 1
_BATCH_LINES = 1000
Encode = Callable[[Sequence[str]], Sequence[Sequence[int]]]


@dataclass(frozen=True)
class Vocabulary:
    """What a model must know of the vocabulary its text was made with.

    Attributes:
        size: number of ids; that of a vocabulary whose ids have gaps is the highest one and 1.
        hash: sha256 prefix of the tokens in order, 16 hex digits.
        special_ids: id of ``pad``, ``unk``, ``cls``, ``sep`` and ``mask``.
    """

    size: int
    hash: str
    special_ids: dict[str, int]

    @classmethod
    def of(cls, tokenizer: Any) -> "Vocabulary":
        """Return that of a Hugging Face tokenizer.

        Raises:
            DataError: a special token has no id, or one outside the vocabulary.
        """
        names = {number: token for token, number in tokenizer.get_vocab().items()}
        tokens = [names.get(number, "") for number in range(max(names) + 1)]
        special = {name: getattr(tokenizer, f"{name}_token_id") for name in ("pad", "unk", "cls", "sep", "mask")}
        wrong = {name: number for name, number in special.items() if number not in range(len(tokens))}
        if wrong:
            found = ", ".join(f"{name} {number}" for name, number in wrong.items())
            raise DataError(f"tokenizer of {len(tokens)} tokens gives special tokens the ids {found}; accepted: 0 to {len(tokens) - 1}")
        return cls(len(tokens), hashlib.sha256("\n".join(tokens).encode()).hexdigest()[:16], special)


@dataclass(frozen=True)
class _Shard:
    """A finished shard: lines read from the file so far, and its own lines, tokens and sum of ids."""

    lines_read: int
    lines: int
    tokens: int
    id_sum: int


def write_tokens(
    folder: str | Path,
    lines: Iterable[str],
    encode: Encode,
    vocabulary: Vocabulary,
    keep: Callable[[str], bool],
    source: dict[str, Any],
    shard_tokens: int = 50_000_000,
) -> dict[str, int]:
    """Tokenise the kept lines into shards; killed at any moment and started again, it goes on after the last whole shard.

    Args:
        folder: made when absent.
        lines: the whole corpus, from its beginning.
        encode: a batch of lines -> their ids without special tokens.
        vocabulary: of the ids.
        keep: which lines count.
        source: what identifies the corpus and how it is read; a folder begun with another one is refused.
        shard_tokens: a shard ends with the line that reaches this.

    Returns:
        ``lines``, ``tokens`` and ``id_sum`` of the whole corpus.

    Raises:
        ConfigError: the folder was begun from something else.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    identity = {"version": _VERSION, "vocabulary": asdict(vocabulary), "source": source, "shard_tokens": shard_tokens}
    _claim(folder, identity)
    shards = _finished(folder)
    rest = enumerate(lines)
    done = shards[-1].lines_read if shards else 0
    for shard in _cut(islice(rest, done, None), encode, keep, shard_tokens, done):
        _write_shard(folder, len(shards), shard, _dtype(vocabulary.size))
        shards.append(shard[0])
    totals = {name: sum(getattr(shard, name) for shard in shards) for name in ("lines", "tokens", "id_sum")}
    _write_json(folder / _META, {**identity, **totals, "shards": [shard.tokens for shard in shards]})
    return totals


def _dtype(size: int) -> np.dtype:
    return np.dtype("<u2") if size <= 1 << 16 else np.dtype("<i4")


def _claim(folder: Path, identity: dict[str, Any]) -> None:
    path = folder / "begun.json"
    if path.is_file():
        found = json.loads(path.read_text())
        if found != json.loads(json.dumps(identity)):
            different = sorted(key for key in {*found, *identity} if found.get(key) != json.loads(json.dumps(identity)).get(key))
            raise ConfigError(f"{folder} holds tokens made otherwise ({', '.join(different)} differ); take another --out or empty it")
    _write_json(path, identity)


def _finished(folder: Path) -> list[_Shard]:
    shards: list[_Shard] = []
    while (path := folder / f"shard-{len(shards):05d}.json").is_file():
        shards.append(_Shard(**json.loads(path.read_text())))
    return shards


def _cut(
    lines: Iterator[tuple[int, str]], encode: Encode, keep: Callable[[str], bool], shard_tokens: int, done: int
) -> Iterator[tuple[_Shard, list[np.ndarray]]]:
    """Yield shards with the ids of their lines."""
    rows: list[np.ndarray] = []
    tokens = 0
    while chunk := list(islice(lines, _BATCH_LINES)):
        kept = [(number, line) for number, line in chunk if keep(line)]
        for (number, _), ids in zip(kept, encode([line for _, line in kept]), strict=True):
            rows.append(np.asarray(ids, dtype=np.int64))
            tokens += len(ids)
            if tokens >= shard_tokens:
                yield _describe(number + 1, rows), rows
                rows, tokens = [], 0
        done = chunk[-1][0] + 1
    if rows:
        yield _describe(done, rows), rows


def _describe(lines_read: int, rows: list[np.ndarray]) -> _Shard:
    return _Shard(lines_read, len(rows), sum(map(len, rows)), int(sum(int(row.sum()) for row in rows)))


def _write_shard(folder: Path, number: int, shard: tuple[_Shard, list[np.ndarray]], dtype: np.dtype) -> None:
    stem, (description, rows) = f"shard-{number:05d}", shard
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    with open(folder / f"{stem}.lines.npy", "wb") as file:
        np.save(file, offsets)
    (folder / f"{stem}.bin").write_bytes(np.concatenate(rows).astype(dtype).tobytes())
    _write_json(folder / f"{stem}.json", asdict(description))  # last: its presence says that the others are whole


def _write_json(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(json.dumps(content, indent=1))
    os.replace(temporary, path)


class TokenFiles:
    """A tokenised corpus, mapped into memory; shards look like one sequence.

    Args:
        folder: as ``write_tokens`` made it.

    Attributes:
        tokens: number of tokens.
        vocabulary: of the ids.

    Raises:
        ConfigError: no such folder, or the corpus in it is not finished.
        DataError: a shard is missing or has another size than noted.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        path = self.folder / _META
        if not path.is_file():
            unfinished = (self.folder / "begun.json").is_file()
            state = "the corpus in it is not finished, run the same command again" if unfinished else f"no {_META} there"
            raise ConfigError(f"token folder {str(folder)!r}: {state}; tools/data/tokenize_corpus.py writes one")
        try:
            self.meta = json.loads(path.read_text())
            self.vocabulary = Vocabulary(**self.meta["vocabulary"])
            counts = [*self.meta["shards"], self.vocabulary.size]
            if not all(type(count) is int and count >= 0 for count in counts):
                raise ValueError(f"shards and size of the vocabulary are {counts[:4]} ...")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: no description of a token folder ({type(error).__name__}: {error})") from None
        dtype = _dtype(self.vocabulary.size)
        self._shards = []
        for number, count in enumerate(self.meta["shards"]):
            file = self.folder / f"shard-{number:05d}.bin"
            size = file.stat().st_size if file.is_file() else None
            if size != count * dtype.itemsize:
                raise DataError(f"{file}: {'missing' if size is None else f'{size} bytes'}, expected {count * dtype.itemsize}: cut off?")
            self._shards.append(np.memmap(file, dtype, mode="r", shape=(count,)))
        self._starts = np.concatenate([[0], np.cumsum(self.meta["shards"])]).astype(np.int64)

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return int(self._starts[-1])

    def tokenizer(self) -> str | None:
        """Return the tokenizer that made the ids, as json; ``None`` in a folder without it."""
        path = self.folder / TOKENIZER_FILE
        return path.read_text() if path.is_file() else None

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return ids (stop - start,) int64; 0 <= start <= stop <= ``tokens``; ``DataError`` for an id outside the vocabulary."""
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        parts = []
        while start < stop:
            offset, end = int(self._starts[first]), min(stop, int(self._starts[first + 1]))
            parts.append(self._shards[first][start - offset : end - offset])
            start, first = end, first + 1
        ids = np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)
        if ids.size and (ids.max() >= self.vocabulary.size or ids.min() < 0):
            raise DataError(f"{self.folder}: damaged, it holds token {ids.max()} of a vocabulary of {self.vocabulary.size}")
        return ids

    def line_starts(self) -> np.ndarray:
        """Return the offset of each kept line and the number of tokens, int64."""
        rows = [self._line_starts(number) for number in range(len(self._shards))]
        return np.concatenate([*(row[:-1] + offset for row, offset in zip(rows, self._starts, strict=False)), self._starts[-1:]])

    def _line_starts(self, number: int) -> np.ndarray:
        path, tokens = self.folder / f"shard-{number:05d}.lines.npy", int(self.meta["shards"][number])
        try:
            starts = np.load(path, allow_pickle=False)
        except Exception as error:  # NumPy's header parser raises what it likes
            raise DataError(f"{path}: not a whole .npy file ({type(error).__name__}: {error})") from None
        is_valid = isinstance(starts, np.ndarray) and starts.ndim == 1 and starts.dtype.kind in "iu" and starts.size > 0
        if not is_valid or starts[0] != 0 or starts[-1] != tokens or (np.diff(starts) < 0).any():
            raise DataError(f"{path}: damaged, its offsets do not lead from 0 to {tokens}")
        return starts
