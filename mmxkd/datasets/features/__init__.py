"""Pre-extracted features: one interface, the layouts in which they are published, and writers of the same."""

from mmxkd.datasets.features.base import FeatureStore, FeatureWriter, MissingCount
from mmxkd.datasets.features.build import READERS, WRITERS, ConcatFeatures, build_feature_store, build_feature_writer, open_feature_store
from mmxkd.datasets.features.file_stores import NpyFeatures, NpyWriter, PtFeatures, PtWriter
from mmxkd.datasets.features.hdf5_store import HDF5Features, HDF5Writer
from mmxkd.datasets.features.lmdb_stores import NpzLMDBFeatures, NpzLMDBWriter, RULSTMFeatures, RULSTMWriter

__all__ = [
    "READERS",
    "WRITERS",
    "ConcatFeatures",
    "FeatureStore",
    "FeatureWriter",
    "HDF5Features",
    "HDF5Writer",
    "MissingCount",
    "NpyFeatures",
    "NpyWriter",
    "NpzLMDBFeatures",
    "NpzLMDBWriter",
    "PtFeatures",
    "PtWriter",
    "RULSTMFeatures",
    "RULSTMWriter",
    "build_feature_store",
    "build_feature_writer",
    "open_feature_store",
]
