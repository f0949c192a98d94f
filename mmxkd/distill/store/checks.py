"""Whether a store is the one for a run: its epochs, its uids, its views."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmxkd.distill.store.keys import RowKey, canonical
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.errors import ConfigError, DataError

#: Shares of a mix are stored in single precision.
_SHARE = 1e-5


def check_epochs(store: TeacherStore, sampler: Any, max_epochs: int) -> None:
    """Hold the training sampler to the epochs and positions whose views are stored; tells when they recur.

    Raises:
        ConfigError: ``sampler.recur`` is another number, or missing where more epochs are trained than stored; more processes than the
            store was dumped for.
    """
    meta, recur = store.meta, getattr(sampler, "recur", None)
    if recur is not None and recur != meta.epochs:
        raise ConfigError(f"train_dataloader.sampler.recur={recur}, but {store.folder} holds {meta.epochs} epochs of views")
    if recur is None and max_epochs > meta.epochs:
        raise ConfigError(
            f"{store.folder} holds {meta.epochs} epochs of views, the run has {max_epochs}; set train_dataloader.sampler.recur="
            f"{meta.epochs} to let them recur, or dump more epochs"
        )
    if max_epochs > meta.epochs:
        print_log(f"stored teacher {store.folder}: {meta.epochs} epochs of views recur in {max_epochs} epochs of training", "current")
    needed = getattr(sampler, "pass_sizes", meta.positions)
    if meta.mixed and any(size > stored for size, stored in zip(needed, meta.positions, strict=False)):
        raise ConfigError(
            f"{store.folder} holds passes of {meta.positions} positions, this run's have {list(needed)}; dump with --processes as many as "
            "train (more processes fill their batches up with more repeats)"
        )


def check_views(store: TeacherStore, keys: Sequence[RowKey], places: np.ndarray) -> None:
    """Raise ``DataError`` unless rows ``places`` (N,) are about the very views that ``keys`` (N) describe."""
    for key, row in zip(keys, store.row_keys(places), strict=True):
        if key.index != row.index or key.partner != row.partner or abs(key.lam - row.lam) > _SHARE:
            mine, theirs = (f"row {k.index} of the data, partner {k.partner!r}, share {k.lam:.4f}" for k in (key, row))
            raise DataError(f"{store.folder}: {key.uid!r} in epoch {key.epoch} is {mine} here, was {theirs} when it was dumped")


def probe_uids(store: TeacherStore, dataset: Any, count: int) -> None:
    """Look the first ``count`` rows of a data set up, where it tells their uids without reading the samples (``get_data_info``).

    Raises:
        DataError: the store has none of them.
    """
    if not hasattr(dataset, "get_data_info") or store.meta.mixed:
        return
    infos = [dataset.get_data_info(index) for index in range(min(len(dataset), count))]
    uids = [canonical(info["uid"]) for info in infos if isinstance(info, Mapping) and "uid" in info]
    if uids and (store.find([RowKey(uid) for uid in uids]) < 0).all():
        refuse_strangers(store, uids[0])


def refuse_strangers(store: TeacherStore, uid: str) -> None:
    """Raise the ``DataError`` of a run none of whose samples is in the store, with ids of both sides."""
    known = store.row_keys(np.arange(min(3, len(store)))) if len(store) else []
    raise DataError(
        f"{store.folder}: none of the samples asked for is in it; the data set's uids look like {uid!r}, the store's like "
        f"{', '.join(repr(key.uid) for key in known) or 'nothing: it is empty'}: another split, or ids of another kind"
    )
