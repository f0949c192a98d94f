"""What a store says about itself."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmxkd.distill.store.records import RecordFormat
from mmxkd.errors import ConfigError, DataError

SCHEMA = 1
META = "meta.json"
VIEWS = ("fixed", "replay")
TAILS = ("spread", "renormalise", "bucket")
_DIGEST = "digest"


@dataclass(frozen=True)
class StoreMeta:
    """The description of a store.

    Attributes:
        teacher: who speaks: ``type``, ``config_hash`` and ``weights_hash`` (16 hex digits each), and what helps a reader.
        split: ``train``, ``val`` or ``test``.
        formats: output key -> how its records lie.
        views: ``fixed``: one row for each uid, whatever the epoch; ``replay``: one for each view that training draws.
        augmentation: of ``replay``, what the views follow from (see ``describe_augmentation``).
        epochs, passes: of ``replay``, training epochs stored, and passes through the data in each.
        positions: of ``replay`` under batch mixing, how many positions each pass has; else empty.
        label_map_hash: of the teacher's classes, where known.
        tail: what becomes of the classes a top-k row leaves out: ``spread``, ``renormalise`` or ``bucket``, see ``densify``.
        mass: of top-k keys, key -> ``mean`` and ``min`` of the probability kept, at ``temperature``.
        accuracy: top-1 of the teacher on a few samples when it was dumped, where it gives logits.
        count: rows.
        samples: samples they were made from; more than ``count`` where several histories of a uid were averaged.
    """

    teacher: dict[str, Any]
    split: str
    formats: dict[str, RecordFormat]
    views: str = "fixed"
    augmentation: dict[str, Any] = field(default_factory=dict)
    epochs: int = 1
    passes: int = 1
    positions: list[int] = field(default_factory=list)
    label_map_hash: str | None = None
    tail: str = "spread"
    mass: dict[str, dict[str, float]] = field(default_factory=dict)
    accuracy: float | None = None
    count: int = 0
    samples: int = 0

    def __post_init__(self) -> None:
        """Check what has a closed set of values."""
        for name, value, accepted in (("views", self.views, VIEWS), ("tail", self.tail, TAILS)):
            if value not in accepted:
                raise ConfigError(f"store {name}={value!r}; accepted: {', '.join(accepted)}")
        if not self.formats or self.count < 0 or self.epochs < 1 or self.passes < 1:
            raise ConfigError(f"store of {sorted(self.formats)}, count={self.count}, epochs={self.epochs}; accepted: at least one key")

    @property
    def mixed(self) -> bool:
        """Whether the views are mixes of two samples."""
        return bool(self.augmentation.get("mix"))

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same for rows to belong to one store: all but what is only known at the end."""
        plain = self.to_plain()
        return {key: value for key, value in plain.items() if key not in ("mass", "accuracy", "count", "samples")}

    def to_plain(self) -> dict[str, Any]:
        """Return plain values, as ``meta.json`` holds them."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "StoreMeta":
        """Return what ``to_plain`` gave away; raises ``TypeError``, ``ValueError`` or ``KeyError`` for anything else."""
        formats = {}
        for key, item in plain["formats"].items():
            shape = tuple(item["shape"])
            if any(type(size) is not int or size < 1 for size in shape):
                raise ValueError(f"shape {shape} of {key}")
            formats[key] = RecordFormat(**{**item, "shape": shape})
        return cls(**{**plain, "formats": formats})

    def write(self, folder: Path) -> None:
        """Write ``meta.json`` with the schema version and a digest of the rest."""
        plain = {"schema": SCHEMA, **self.to_plain()}
        (folder / META).write_text(json.dumps({**plain, _DIGEST: _digest(plain)}, indent=1) + "\n")

    @classmethod
    def read(cls, folder: str | Path) -> "StoreMeta":
        """Read ``meta.json``.

        Raises:
            DataError: not there, of another schema, changed by hand or damaged.
        """
        path = Path(folder) / META
        if not path.is_file():
            unfinished = "; it was begun and not finished: run the same tools/teacher/dump.py again" if parts_of(folder).is_dir() else ""
            raise DataError(f"{folder}: no stored teacher there ({META} is missing){unfinished}")
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            schema, digest = plain.pop("schema"), plain.pop(_DIGEST)
        except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: no description of a stored teacher ({type(error).__name__}: {error})") from None
        if schema != SCHEMA:
            raise DataError(f"{path}: schema {schema!r}; this version reads schema {SCHEMA}: dump the teacher again")
        if digest != _digest({"schema": schema, **plain}):
            raise DataError(f"{path}: changed by hand or damaged, its digest does not fit")
        try:
            return cls.from_plain(plain)
        except (TypeError, ValueError, KeyError, AttributeError, ConfigError) as error:
            raise DataError(f"{path}: no description of a stored teacher ({error})") from None


def parts_of(folder: str | Path) -> Path:
    """Return the folder in which the store ``folder`` is being written."""
    path = Path(folder)
    return path.with_name(f"{path.name}.partial")


def _digest(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
