"""A checkpoint knows which classes it was trained on."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmxkd.errors import DataError
from mmxkd.registry import HOOKS


def compare_label_maps(left: Mapping[str, Any], right: Mapping[str, Any], left_name: str, right_name: str) -> None:
    """Raise ``DataError`` naming both sides and the first class that differs, unless the label-map hashes are equal.

    Both sides are data set meta information: ``label_map_hash`` and, for the message, ``classes``.
    """
    if left["label_map_hash"] == right["label_map_hash"]:
        return
    names = [tuple(side.get("classes") or ()) for side in (left, right)]
    difference = ""
    for label, (one, other) in enumerate(zip_longest(*names, fillvalue="(none)")):
        if one != other:
            difference = f"; first difference at label {label}: {one!r} against {other!r}"
            break
    raise DataError(
        f"label maps differ: {left_name} has {left['label_map_hash']} ({len(names[0])} classes), "
        f"{right_name} has {right['label_map_hash']} ({len(names[1])} classes){difference}"
    )


@HOOKS.register_module()
class LabelMapHook(Hook):
    """Refuse a checkpoint, or a validation set, whose classes are not those of the data set in use.

    Data sets take part by ``metainfo['label_map_hash']`` and ``metainfo['classes']``, which MMEngine saves with every checkpoint. A
    checkpoint without them is let pass with a warning.

    Raises:
        DataError: see ``compare_label_maps``.
    """

    priority = "VERY_HIGH"

    def before_train(self, runner: Runner) -> None:
        """Compare the training set with the validation set."""
        sides = list(_metas(runner))
        for name, meta in sides[1:]:
            compare_label_maps(sides[0][1], meta, sides[0][0], name)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint with every data set that has been built."""
        saved = checkpoint.get("meta", {}).get("dataset_meta") or {}
        sides = list(_metas(runner))
        if sides and "label_map_hash" not in saved:
            runner.logger.warning("the checkpoint does not say which classes it was trained on: its label map goes unchecked")
            return
        for name, meta in sides:
            compare_label_maps(saved, meta, "the checkpoint", name)


def _metas(runner: Runner) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (name, metainfo) of the data sets in use that know their label map, without building any."""
    for split, loop in (("train", runner._train_loop), ("val", runner._val_loop), ("test", runner._test_loop)):
        if isinstance(loop, BaseLoop):
            meta = getattr(loop.dataloader.dataset, "metainfo", None) or {}
            if "label_map_hash" in meta:
                yield f"{split}_dataloader.dataset", meta
