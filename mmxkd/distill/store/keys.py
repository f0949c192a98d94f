"""Which sample and view a row is about."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mmxkd.errors import DataError
from mmxkd.uids import canonical_uid

#: Longest uid, in bytes of UTF-8.
MAX_UID = 1024


class RowKey(NamedTuple):
    """What a row is found by, and what its view was made of.

    ``epoch`` counts passes through the data; 0 where the view does not depend on it. ``position`` is the place in the pass, where the
    batch is mixed; else 0. ``index`` (the row in the data set, -1 where the view does not depend on it), ``partner`` (a uid, empty
    where nothing is mixed) and ``lam`` (the sample's own share) are no part of the key: they prove that the student draws what the
    teacher saw.
    """

    uid: str
    epoch: int = 0
    position: int = 0
    index: int = -1  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    partner: str = ""
    lam: float = 1.0


def hash_key(uid: str, epoch: int, position: int) -> int:
    """Return 64 bits of the key (a canonical uid, a pass, a position)."""
    return int.from_bytes(hashlib.blake2b(f"{epoch} {position} {uid}".encode(), digest_size=8).digest(), "little")


def hash_keys(keys: Iterable[RowKey]) -> np.ndarray:
    """Return the hashes (N,) uint64."""
    return np.array([hash_key(key.uid, key.epoch, key.position) for key in keys], dtype=np.uint64)


def row_dtype(width: int) -> np.dtype:
    """Return NumPy's description of a row of ``rows.npy``; uids take ``width`` bytes."""
    text = f"S{width}"
    fields = [("uid", text), ("epoch", "<u4"), ("position", "<u4"), ("index", "<i4"), ("partner", text), ("lam", "<f4"), ("crc", "<u4")]
    return np.dtype(fields)


def encode_uids(uids: Sequence[str]) -> np.ndarray:
    """Return canonical uids as bytes (N,), at least one byte wide.

    Raises:
        DataError: an id longer than ``MAX_UID`` bytes, or one that holds a NUL.
    """
    encoded = [uid.encode() for uid in uids]
    for uid, raw in zip(uids, encoded, strict=True):
        if len(raw) > MAX_UID or b"\0" in raw:
            raise DataError(f"uid {uid[:80]!r} of {len(raw)} bytes; accepted: at most {MAX_UID} bytes of text without NUL")
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=1) or 1}")


def canonical(value: object) -> str:
    """Return ``canonical_uid(value)``; raises ``DataError`` where that is none."""
    try:
        return canonical_uid(value)
    except ValueError as error:
        raise DataError(str(error)) from None
