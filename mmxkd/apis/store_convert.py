"""Published prediction dumps into stores."""

from pathlib import Path

from mmxkd.convert.predictions import file_hash, read_predictions
from mmxkd.datasets.label_map import LabelMap
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.writer import StoreWriter
from mmxkd.errors import DataError


def convert_predictions(
    source: str | Path,
    out: str | Path,
    *,
    split: str = "train",
    key: str = "logits",
    classes: str | None = None,
    top_k: int | None = None,
    dtype: str = "fp32",
    temperature: float = 1.0,
    tail: str = "spread",
    allow_pickle: bool = False,
) -> StoreMeta:
    """Write a published dump as a store of fixed views and return its description.

    Args:
        source: the pickle, see ``read_predictions``.
        out: folder of the store.
        split: what it is about.
        key: what the vectors of a dict from uid to vector are: ``logits``, ``feat`` ...
        classes: file of class names, for the label-map hash.
        top_k, dtype, temperature, tail: see ``RecordFormat`` and ``StoreMeta``.
        allow_pickle: must be said.

    Raises:
        DataError: the file is no such dump, or of another number of classes.
    """
    uids, tensors = read_predictions(source, key, allow_pickle)
    label_map = LabelMap.from_file(classes) if classes else None
    if label_map and "logits" in tensors and tensors["logits"].shape[1:] != (len(label_map),):
        raise DataError(f"{source}: logits of {tensors['logits'].shape[1:]} classes, {classes} names {len(label_map)}")
    formats = {}
    for name, values in tensors.items():
        cut = top_k if name.partition("/")[0] == "logits" and values.ndim == 2 else None
        formats[name] = RecordFormat(values.shape[1:], dtype, cut, temperature)
    teacher = {"type": "published dump", "file": Path(source).name, "weights_hash": file_hash(source)}
    meta = StoreMeta(teacher=teacher, split=split, formats=formats, label_map_hash=label_map.hash if label_map else None, tail=tail)
    writer = StoreWriter(out, meta)
    writer.write_part(0, [RowKey(uid) for uid in uids], tensors)
    return writer.finish([0])
