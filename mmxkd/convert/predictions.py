"""Published prediction dumps: pickles of what a teacher says about segments.

Layouts (fact sheet of anticipation, section 3): a list of records with ``uid``, ``logit_action`` (C, 1) and ``LM_feat`` (H, 1), as
sayontang/Action_Anticipation writes its dumps; or a dict from uid to a vector, as its ``generate_preds`` makes of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.convert.pickled_arrays import load_arrays
from mmxkd.convert.reading import Inert
from mmxkd.errors import DataError
from mmxkd.uids import canonical_uid

#: Published name -> ours.
_NAMES = {
    "logit_action": "logits",
    "action_logit": "logits",
    "logit_verb": "logits/verb",
    "logit_noun": "logits/noun",
    "LM_feat": "feat",
    "LM_feature": "feat",
}


def read_predictions(path: str | Path, key: str = "logits", allow_pickle: bool = False) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return canonical uids (N) and output key -> float32 (N, ...) of a published dump.

    Args:
        path: the pickle.
        key: what the vectors of a dict from uid to vector are.
        allow_pickle: must be ``True``: the file is no other format. Objects other than numbers, text, containers and arrays are
            replaced by stand-ins that do nothing.

    Raises:
        DataError: no permission, not such a dump, uids of mixed types or twice, vectors of different length, NaN.
    """
    if not allow_pickle:
        raise DataError(f"{path}: published dumps are pickles, which are opened with --allow-pickle alone")
    try:
        with open(path, "rb") as file:
            content = load_arrays(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # whatever bytes do to an unpickler, they are no dump
        raise DataError(f"{path}: no readable pickle ({type(error).__name__}: {error})") from None
    if isinstance(content, Mapping) and content and not isinstance(content, Inert):
        uids, columns = list(content), {key: list(content.values())}
    elif isinstance(content, Sequence) and content and all(isinstance(row, Mapping) and "uid" in row for row in content):
        uids = [row["uid"] for row in content]
        columns = {ours: [row[name] for row in content] for name, ours in _NAMES.items() if all(name in row for row in content)}
    else:
        raise DataError(f"{path}: {type(content).__name__}; accepted: a list of records with 'uid', or a dict from uid to vector")
    if not columns:
        raise DataError(f"{path}: its records hold {sorted(map(str, content[0]))[:12]}; accepted: {', '.join(_NAMES)}")
    names = _check_uids(uids, path)
    return names, {name: _stack(values, names, name, path) for name, values in columns.items()}


def file_hash(path: str | Path) -> str:
    """Return 16 hex digits of a file's content: who the teacher is, where nothing else is known."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _check_uids(uids: Sequence[Any], path: str | Path) -> list[str]:
    """Return canonical uids; raises ``DataError`` naming both of two uids that do not go together."""
    numbers = (int, float, np.integer, np.floating)
    kinds = {"number" if isinstance(uid, numbers) else type(uid).__name__: uid for uid in uids}
    if len(kinds) > 1:
        raise DataError(f"{path}: uids of mixed types: " + ", ".join(f"{kind} ({uid!r})" for kind, uid in kinds.items()))
    seen: dict[str, Any] = {}
    for uid in uids:
        try:
            name = canonical_uid(uid.item() if isinstance(uid, np.generic) else uid)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
        if name in seen:
            raise DataError(f"{path}: duplicate uid: {seen[name]!r} and {uid!r} are both {name!r}")
        seen[name] = uid
    return list(seen)


def _stack(values: Sequence[Any], uids: Sequence[str], name: str, path: str | Path) -> np.ndarray:
    rows: list[np.ndarray] = []
    for uid, value in zip(uids, values, strict=True):
        try:
            row = np.asarray(value, dtype=np.float32)
        except (TypeError, ValueError):
            raise DataError(f"{path}: {name} of uid {uid!r} is a {type(value).__name__}; accepted: numbers") from None
        # (C, 1) is a vector.
        row = row.reshape(-1) if row.ndim == 2 and 1 in row.shape else row
        if row.size == 0 or (rows and row.shape != rows[0].shape):
            raise DataError(
                f"{path}: {name} of uid {uid!r} has shape {row.shape}, of uid {uids[0]!r} {rows[0].shape if rows else row.shape}"
            )
        if not np.isfinite(row).all():
            raise DataError(f"{path}: {name} of uid {uid!r} holds NaN or infinity")
        rows.append(row)
    return np.stack(rows)
