"""Reading a store: memory maps, and rows by key."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.distill.store.keys import RowKey, hash_keys, row_dtype
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import check_records
from mmxkd.errors import DataError

KEYS, ROWS = "keys.npy", "rows.npy"


def file_of(key: str) -> str:
    """Return the name of the file that holds the records of an output key (``logits/verb`` -> ``logits@verb.npy``)."""
    return f"{key.replace('/', '@')}.npy"


class TeacherStore:
    """A store opened for reading.

    Opening maps the files and checks that they belong together; no row is read. Every row that is read is held to its checksum.
    Copies in other processes (fork, pickle) open the files anew.

    Args:
        folder: the store.

    Raises:
        DataError: no store, an unfinished, truncated or damaged one; the file is named.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.meta = StoreMeta.read(self.folder)
        count = self.meta.count
        self._keys = self._map(KEYS, np.dtype("<u8"), count)
        rows = self._map(ROWS, None, count)
        width = rows.dtype["uid"].itemsize if "uid" in (rows.dtype.names or ()) else 0
        if not width or rows.dtype != row_dtype(width):
            raise DataError(f"{self.folder / ROWS}: rows of {rows.dtype}; accepted: what this version writes")
        self._rows = rows
        self._records = {key: self._map(file_of(key), form.record, count) for key, form in self.meta.formats.items()}
        if count > 1 and not (self._keys[1:] > self._keys[:-1]).all():
            raise DataError(f"{self.folder / KEYS}: damaged, its keys are not in order; dump the store again")

    def __len__(self) -> int:
        return self.meta.count

    def __reduce__(self) -> tuple:
        return TeacherStore, (self.folder,)

    @property
    def keys(self) -> frozenset[str]:
        """Output keys the store holds."""
        return frozenset(self.meta.formats)

    def find(self, keys: Sequence[RowKey]) -> np.ndarray:
        """Return the rows (N,) int64 of keys; -1 where there is none.

        Raises:
            DataError: a row found is damaged.
        """
        wanted = hash_keys(keys)
        places = np.minimum(np.searchsorted(self._keys, wanted), max(len(self) - 1, 0)).astype(np.int64)
        if not len(self):
            return np.full(len(wanted), -1)
        found = self._keys[places] == wanted
        if found.any():
            rows = self.rows(places[found])
            asked = [(key.uid.encode(), key.epoch, key.position) for key, hit in zip(keys, found, strict=True) if hit]
            stored = zip(rows["uid"].tolist(), rows["epoch"].tolist(), rows["position"].tolist(), strict=True)
            # 64 bits may collide; a row's own uid does not.
            found[found] = [one == other for one, other in zip(asked, stored, strict=True)]
        return np.where(found, places, -1)

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return which sample and view rows are about: fields of ``RowKey``, uids as bytes."""
        return check_records(np.asarray(self._rows[places]), f"{self.folder / ROWS}")

    def row_keys(self, places: np.ndarray) -> list[RowKey]:
        """Return the keys of rows."""
        rows = self.rows(places)
        columns = zip(*(rows[name].tolist() for name in RowKey._fields), strict=True)
        return [RowKey(uid.decode(), epoch, place, index, partner.decode(), lam) for uid, epoch, place, index, partner, lam in columns]

    def read(self, key: str, places: np.ndarray) -> dict[str, np.ndarray]:
        """Return the decoded records of rows ``places`` (N,), see ``RecordFormat.decode``.

        Raises:
            DataError: the store has no such key, a row is damaged, or a top-k row names a class beyond K.
        """
        if key not in self._records:
            raise DataError(f"{self.folder}: holds no {key!r}; it holds {sorted(self.keys)}")
        source = f"{self.folder / file_of(key)}"
        form = self.meta.formats[key]
        decoded = form.decode(check_records(np.asarray(self._records[key][places]), source))
        if "ids" in decoded and decoded["ids"].size and decoded["ids"].max() >= form.shape[0]:
            raise DataError(f"{source}: a row names class {decoded['ids'].max()} of {form.shape[0]}")
        return decoded

    def bytes_per_row(self) -> dict[str, int]:
        """Return file -> bytes of one row."""
        parts: dict[str, Any] = {KEYS: self._keys, ROWS: self._rows}
        parts.update({file_of(key): records for key, records in self._records.items()})
        return {name: array.dtype.itemsize for name, array in parts.items()}

    def _map(self, name: str, dtype: np.dtype | None, count: int) -> np.ndarray:
        """Map a file of ``count`` rows; ``None`` takes any dtype."""
        path = self.folder / name
        try:
            array = np.load(path, mmap_mode="r" if count else None, allow_pickle=False)
        except Exception as error:  # NumPy's header parser raises what it likes, tokenize.TokenError among it
            raise DataError(f"{path}: missing, truncated or damaged ({type(error).__name__}: {error}); dump the store again") from None
        expected = f"{count} rows" if dtype is None else f"{count} rows of {dtype}"
        if not isinstance(array, np.ndarray) or array.shape != (count,) or (dtype is not None and array.dtype != dtype):
            raise DataError(f"{path}: {getattr(array, 'shape', '')} rows of {getattr(array, 'dtype', '')}, meta.json tells of {expected}")
        if isinstance(array, np.memmap) and path.stat().st_size != array.offset + array.nbytes:
            raise DataError(f"{path}: {path.stat().st_size} bytes, expected {array.offset + array.nbytes}")
        return array
