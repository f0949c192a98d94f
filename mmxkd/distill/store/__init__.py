"""Stored teachers: one folder is what one teacher says about one split.

``meta.json`` describes it (``StoreMeta``), ``keys.npy`` holds the sorted hashes of its rows' keys, ``rows.npy`` which sample and view each
row is about, and ``<key>.npy`` one fixed-width record per row and output key. Arrays are memory-mapped; nothing is pickled.
"""

from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.distill.store.writer import StoreWriter

__all__ = ["StoreMeta", "StoreWriter", "TeacherStore"]
