"""Dumping a teacher into a store."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import barrier, get_dist_info
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from mmxkd.apis.environment import close_environment, init_environment
from mmxkd.apis.store_jobs import Batch, StoreJob, build_job
from mmxkd.datasets.parcel import ParcelCollate
from mmxkd.distill.store.keys import RowKey, canonical
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.texts import TextRows, describe_texts, fit_tokens
from mmxkd.distill.store.writer import StoreWriter
from mmxkd.errors import ConfigError, DataError
from mmxkd.structures import DataSample

#: Samples of a part, which is what an interruption costs, and the bytes that it may hold in memory.
_PART = 1024
_PART_BYTES = 256e6


def dump_store(
    config: str | Path,
    checkpoint: str | None = None,
    *,
    out: str | Path,
    split: str = "train",
    views: str | None = None,
    epochs: int = 1,
    keys: Sequence[str] = (),
    features: bool = False,
    top_k: int | None = None,
    dtype: str = "fp16",
    temperature: float | None = None,
    tail: str = "spread",
    processes: int = 1,
    options: Mapping[str, Any] | None = None,
    launcher: str = "none",
) -> StoreMeta:
    """Write what a teacher says about a split into a store; an interrupted dump is continued by the same call.

    Args:
        config: config file. Of a distillation config ``model.teacher`` speaks, else the model.
        checkpoint: the teacher's weights; ``None``: those the distillation config names.
        out: folder of the store.
        split: ``train``, ``val`` or ``test``.
        views: ``replay`` (distillation configs and ``train`` only, and the default there): the views that training will draw, mixed as
            it will mix them. ``fixed``: every sample once, unmixed, found by its uid whatever the epoch; samples that share a uid (the
            histories of a record) are averaged.
        epochs: training epochs replayed.
        keys: output keys; by default those the distillation terms need, or ``logits``.
        features: ``feat`` too.
        top_k: keep the k largest of every output that has more than k classes (``logits`` and its parts).
        dtype: ``fp16`` or ``fp32``.
        temperature: at which the probability left out is measured; by default that of the term.
        tail: see ``densify``.
        processes: of the training run; matters where batches are mixed, because more processes repeat more samples.
        options: dotted config key -> value, put over the config.
        launcher: ``none``, ``pytorch`` or ``slurm``; every process dumps a share.

    Returns:
        The store's description.

    Raises:
        UserError: config, data or checkpoint cannot be used; NaN; the store exists.
    """
    init_environment(launcher)
    job = build_job(config, checkpoint, split, views, epochs, processes, options)
    want = _choose_keys(job, keys, features)
    accuracy = job.prove() if "logits" in want else None
    formats = _choose_formats(job, want, top_k, dtype, temperature)
    meta = StoreMeta(
        teacher=job.identity,
        split=split,
        formats=formats,
        views=job.views,
        augmentation=job.augmentation,
        epochs=epochs,
        passes=job.passes,
        positions=job.positions,
        label_map_hash=job.label_map_hash,
        tail=tail,
    )
    writer = StoreWriter(out, meta, "average" if job.views == "fixed" else "first")
    rank, world = get_dist_info()
    numbers = _write_parts(job, writer, want, rank, world)
    barrier()
    finished = writer.finish(numbers, accuracy=accuracy) if rank == 0 else None
    barrier()
    if launcher != "none":
        close_environment()
    return finished or StoreMeta.read(out)


def ask(job: StoreJob, batch: Any, want: Sequence[str]) -> tuple[list[RowKey], dict[str, Tensor], TextRows | None]:
    """Return the row keys of a loaded batch, what the teacher says (output key -> float32 (N, ...) on the CPU), and which texts it read.

    Samples whose video could not be read, and was not replaced by another, are left out.

    Raises:
        DataError: the teacher marks positions as invalid, which a store cannot hold.
    """
    ready = job.preprocess(batch)
    samples = ready["data_samples"]
    signal = job.teacher(ready["inputs"], samples, want)
    if any(not mask.all() for mask in signal.valid.values()):
        raise DataError("the teacher masks a part of what it says; a store holds whole outputs only")
    kept = [place for place, sample in enumerate(samples) if not (job.shows_dummies and sample.get("broken"))]
    said = {key: signal.tensors[key].float().cpu() for key in want}
    texts = describe_texts(ready["inputs"])
    keys = [key_of(samples[place], job) for place in kept]
    return keys, {key: value[kept] for key, value in said.items()}, texts.take(kept) if texts is not None else None


def key_of(sample: DataSample, job: StoreJob) -> RowKey:
    """Return under which key what is said about a sample is stored."""
    uid = canonical(sample.uid)
    if job.views == "fixed":
        return RowKey(uid)
    mix = sample.get("mix")
    if mix is None:
        return RowKey(uid, sample.epoch, 0, sample.index)
    return RowKey(uid, sample.epoch, sample.position, sample.index, canonical(mix["partner"]), mix["lam"])


def make_loader(job: StoreJob, batches: Sequence[Batch]) -> DataLoader:
    """Return a loader of batches of sample keys, with the workers the config names."""
    workers = job.num_workers
    return DataLoader(job.dataset, batch_sampler=batches, num_workers=workers, collate_fn=ParcelCollate(job.collate))  # type: ignore[arg-type]


def _write_parts(job: StoreJob, writer: StoreWriter, want: Sequence[str], rank: int, world: int) -> list[int]:
    """Write this process's share of the parts that are not there yet; return the numbers of all parts."""
    formats = writer.meta.formats
    held = sum(4 * math.prod(form.shape) for form in formats.values())
    parts = list(enumerate(_split(job, min(_PART, int(_PART_BYTES // held)))))
    mine = [(number, part) for number, part in parts if number % world == rank and not writer.has_part(number)]
    loader = iter(make_loader(job, [batch for _, part in mine for batch in part]))
    skipped = 0
    with tqdm(total=sum(len(batch) for _, part in mine for batch in part), unit=" views", disable=rank > 0) as bar:
        for number, part in mine:
            keys: list[RowKey] = []
            said: dict[str, list[np.ndarray]] = {key: [] for key in want}
            read: list[TextRows] = []
            for batch in part:
                rows, tensors, texts = ask(job, next(loader), want)
                keys += rows
                read += [texts] if texts is not None else []
                skipped += len(batch) - len(rows)
                for key in want:
                    said[key].append(as_stored(tensors[key].numpy(), formats[key], texts))
                bar.update(len(batch))
            whole = TextRows(*map(np.concatenate, zip(*read, strict=True))) if read else None
            writer.write_part(number, keys, {key: np.concatenate(values) for key, values in said.items()}, whole)
    if skipped:
        tqdm.write(f"{skipped} samples could not be read: the store has no rows of them")
    return [number for number, _ in parts]


def as_stored(values: np.ndarray, form: RecordFormat, texts: TextRows | None) -> np.ndarray:
    """Return values (N, ...) in the shape of their records: tokens (N, L, D) padded with zeros."""
    return fit_tokens(values, form.shape[0], texts.lengths) if form.tokens and texts is not None else values


def _split(job: StoreJob, samples: int) -> Iterator[list[Batch]]:
    """Yield the batches of each part, until they hold so many samples."""
    part: list[Batch] = []
    size = 0
    for batch in job.batches():
        part.append(batch)
        size += len(batch)
        if size >= samples:
            yield part
            part, size = [], 0
    if part:
        yield part


def _choose_keys(job: StoreJob, keys: Sequence[str], features: bool) -> list[str]:
    want = list(dict.fromkeys([*(keys or job.needs or ["logits"]), *(["feat"] if features else [])]))
    unknown = sorted(set(want) - job.teacher.available())
    if unknown:
        raise ConfigError(f"--keys {' '.join(unknown)}: the teacher gives {', '.join(sorted(job.teacher.available()))}")
    return want


def _choose_formats(
    job: StoreJob, want: Sequence[str], top_k: int | None, dtype: str, temperature: float | None
) -> dict[str, RecordFormat]:
    """Return how each output is stored; shapes are those of the first batch."""
    first = [job.dataset[key] for key in next(job.batches())]
    _, said, texts = ask(job, job.collate(first), want)
    formats = {}
    for key in want:
        shape = tuple(said[key].shape[1:])
        tokens = texts is not None and len(shape) == 2
        if tokens:
            # A row holds the longest text there may be; where the data set does not tell, as many tokens as the first batch has.
            shape = (getattr(job.dataset, "max_tokens", None) or shape[0], shape[1])
        cut = top_k is not None and key.partition("/")[0] == "logits" and len(shape) == 1 and top_k < shape[0]
        heat = temperature if temperature is not None else job.temperatures.get(key, 1.0)
        formats[key] = RecordFormat(shape, dtype, top_k if cut else None, float(heat), tokens)
    if top_k is not None and all(form.top_k is None for form in formats.values()):
        raise ConfigError(f"--top-k {top_k}: none of {', '.join(want)} has more classes than that; accepted: less than K, or no --top-k")
    return formats
