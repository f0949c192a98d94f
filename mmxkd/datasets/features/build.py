"""From config values to stores, and several stores as one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmxkd.datasets.features.base import FeatureStore, FeatureWriter
from mmxkd.datasets.features.file_stores import NpyWriter, PtWriter
from mmxkd.datasets.features.hdf5_store import HDF5Writer
from mmxkd.datasets.features.lmdb_stores import NpzLMDBWriter, RULSTMWriter
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS

WRITERS: dict[str, type[FeatureWriter]] = {
    "rulstm": RULSTMWriter,
    "npz-lmdb": NpzLMDBWriter,
    "npy": NpyWriter,
    "pt": PtWriter,
    "hdf5": HDF5Writer,
}
"""Formats that can be written."""

READERS: dict[str, str] = {
    "rulstm": "RULSTMFeatures",
    "npz-lmdb": "NpzLMDBFeatures",
    "npy": "NpyFeatures",
    "pt": "PtFeatures",
    "hdf5": "HDF5Features",
}
"""The registered store that reads what a format's writer writes."""


@DATASETS.register_module()
class ConcatFeatures(FeatureStore):
    """Several stores of the same frames side by side: (n, C1 + C2 + ...).

    Args:
        stores: stores or their configs.

    A name is there when every store has it; its frames are those all stores have.
    """

    def __init__(self, stores: Sequence[Mapping | FeatureStore]) -> None:
        if not stores:
            raise ConfigError("ConcatFeatures: stores=[]; accepted: one store or more")
        self.stores = [build_feature_store(store) for store in stores]
        super().__init__(self.stores[0].path)
        self.path = " + ".join(store.path for store in self.stores)

    @property
    def dim(self) -> int:
        """The sum of the widths."""
        return sum(store.dim for store in self.stores)

    def names(self) -> list[str]:
        """Return the names every store has."""
        first, *others = self.stores
        return [name for name in first.names() if all(name in store for store in others)]

    def _has(self, name: str) -> bool:
        return all(name in store for store in self.stores)

    def _frames(self, name: str) -> np.ndarray:
        frames = self.stores[0].frames(name)
        for store in self.stores[1:]:
            frames = np.intersect1d(frames, store.frames(name))
        return frames

    def _read(self, name: str, frames: np.ndarray | None) -> np.ndarray:
        if frames is None:
            lengths = [store.length(name) for store in self.stores]
            if len(set(lengths)) > 1:
                raise DataError(f"{self.path}: {name!r} has {lengths} frames, accepted: as many in every store")
        return np.concatenate([store.read(name, frames) for store in self.stores], axis=1)


def build_feature_store(config: Mapping | Sequence | FeatureStore) -> FeatureStore:
    """Build a store from its config; several configs in a list are concatenated on C.

    Raises:
        ConfigError: not a store's config, or its files are not there.
    """
    if isinstance(config, FeatureStore):
        return config
    if isinstance(config, Sequence) and not isinstance(config, str):
        return build_feature_store(config[0]) if len(config) == 1 else ConcatFeatures(config)
    if not isinstance(config, Mapping) or "type" not in config:
        raise ConfigError(f"feature store {config!r}; accepted: a dict with type (one of {sorted(READERS.values())}) and path, or a list")
    store = DATASETS.build(dict(config))
    if not isinstance(store, FeatureStore):
        raise ConfigError(f"feature store: type={config['type']!r} is no feature store; accepted: {sorted(READERS.values())}")
    return store


def open_feature_store(path: str | Path) -> FeatureStore:
    """Open a store of any of our formats, told by what is there.

    Raises:
        ConfigError: nothing is there, or nothing that is known.
    """
    place = Path(path)
    kind = ""
    if (place / "data.mdb").is_file():
        frames = build_feature_store({"type": READERS["rulstm"], "path": str(path)})
        kind = "rulstm" if frames.names() else "npz-lmdb"
    elif place.is_dir():
        kind = next((kind for kind in ("npy", "pt") if any(place.glob(f"*.{kind}"))), "")
    elif place.is_file():
        kind = "hdf5"
    if not kind:
        raise ConfigError(f"{path}: no feature store; accepted: an LMDB's folder, a folder of .npy or .pt files, an HDF5 file")
    return build_feature_store({"type": READERS[kind], "path": str(path)})


def build_feature_writer(path: str | Path, kind: str) -> FeatureWriter:
    """Open a store for writing, ``kind`` one of `WRITERS`.

    Raises:
        ConfigError: no such kind.
    """
    if kind not in WRITERS:
        raise ConfigError(f"feature format {kind!r}; accepted: {', '.join(WRITERS)}")
    return WRITERS[kind](path)
