"""Small stores."""

import numpy as np
import pytest

from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.writer import StoreWriter

CLASSES = 6
TEACHER = {"type": "OnlineTeacher", "config_hash": "c" * 16, "weights_hash": "a" * 16}


def make_values(count, seed=0):
    return (3 * np.random.RandomState(seed).randn(count, CLASSES)).astype(np.float32)


def write_store(folder, values=None, uids=None, dtype="fp32", top_k=None, temperature=2.0, keys=None, repeats="error", **meta):
    """Write logits (N, 6) of uids ``s0`` ... or of ``keys``, in two parts, and return them."""
    values = make_values(5) if values is None else values
    keys = keys or [RowKey(uid) for uid in (uids or [f"s{i}" for i in range(len(values))])]
    form = RecordFormat((values.shape[1],), dtype, top_k, temperature)
    description = StoreMeta(**{"teacher": TEACHER, "split": "train", "formats": {"logits": form}, **meta})
    writer = StoreWriter(folder, description, repeats)
    half = len(keys) // 2
    writer.write_part(0, keys[:half], {"logits": values[:half]})
    writer.write_part(1, keys[half:], {"logits": values[half:]})
    writer.finish([0, 1])
    return values


@pytest.fixture
def stores():
    """The functions above, for test modules."""

    class Stores:
        classes = CLASSES
        teacher = TEACHER
        values = staticmethod(make_values)
        write = staticmethod(write_store)

    return Stores
