"""Lists for a folder tree: a training and a validation part that share no recording."""

import os
from collections import defaultdict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from mmxkd.datasets.folders import scan_class_folders
from mmxkd.datasets.groups import group_of, recording_group, source_of
from mmxkd.datasets.lists import VideoRecord, write_list
from mmxkd.errors import ConfigError, DataError
from mmxkd.seeding import make_rng


class FolderSplit(NamedTuple):
    """Class names in label order and the records of both parts."""

    classes: list[str]
    train: list[VideoRecord]
    val: list[VideoRecord]


def split_folder(
    root: str | os.PathLike[str],
    val_fraction: float = 0.2,
    test_groups: Collection[int] | None = None,
    by_group: bool = False,
    seed: int = 0,
) -> FolderSplit:
    """Divide the videos of a folder of class folders.

    Videos of one recording (UCF's groups within a class, HMDB51's source videos also across classes) stay together; any other video
    stands for itself. The division follows from the file names and ``seed`` alone.

    Args:
        root: Folder whose sub-folders are the classes; paths in the records start from it.
        val_fraction: Share of each class's videos that goes to validation, as nearly as the recordings allow; a class with several
            recordings has at least one in each part, unless another class's choice of a shared source video prevents it.
        test_groups: UCF group numbers that make up validation, instead of ``val_fraction``.
        by_group: Refuse file names without a recording group.
        seed: Which recordings go to validation.

    Raises:
        ConfigError: ``val_fraction`` is not within 0..1 (ends excluded), or ``test_groups`` leaves a part empty.
        DataError: The tree holds no class folders, or a name carries no group though one is needed.
    """
    if not 0 < val_fraction < 1:
        raise ConfigError(f"val_fraction={val_fraction}; accepted: above 0 and below 1")
    folders = scan_class_folders(root)
    if by_group:
        _check_names([path for paths in folders.values() for path in paths], recording_group)
    held_out = _draw(folders, val_fraction, seed) if test_groups is None else _choose(folders, test_groups)
    parts: dict[bool, list[VideoRecord]] = {True: [], False: []}
    for label, paths in enumerate(folders.values()):
        for path in paths:
            parts[path in held_out].append(VideoRecord(path, label))
    if test_groups is not None and not (parts[True] and parts[False]):
        raise ConfigError(f"test groups {sorted(test_groups)} leave no videos for {'training' if parts[True] else 'validation'}")
    return FolderSplit(list(folders), parts[False], parts[True])


def write_split(split: FolderSplit, out: str | os.PathLike[str]) -> None:
    """Write ``classes.txt``, ``train.txt`` and ``val.txt`` into the folder ``out``."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "classes.txt").write_text("".join(f"{name}\n" for name in split.classes), encoding="utf-8", newline="\n")
    write_list(folder / "train.txt", split.train)
    write_list(folder / "val.txt", split.val)


def _check_names(paths: list[str], key: Callable[[str], object]) -> None:
    for path in paths:
        if key(path) is None:
            raise DataError(f"{path}: the file name carries no recording group (UCF's `_gNN_cNN` or HMDB51's properties)")


def _choose(folders: dict[str, list[str]], groups: Collection[int]) -> set[str]:
    paths = [path for group in folders.values() for path in group]
    _check_names(paths, group_of)
    return {path for path in paths if group_of(path) in groups}


def _unit(path: str) -> str:
    """Return what must stay together: a film over all classes, a UCF group within its class, else the video."""
    source = source_of(path)
    return f"source/{source}" if source is not None else recording_group(path) or path


def _draw(folders: dict[str, list[str]], fraction: float, seed: int) -> set[str]:
    """Return the videos of recordings drawn class by class until each class's share is met."""
    side: dict[str, bool] = {}
    for name, paths in folders.items():
        units: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            units[_unit(path)].append(path)
        wanted = fraction * len(paths)
        taken = sum(len(members) for unit, members in units.items() if side.get(unit))
        free = [unit for unit in sorted(units) if unit not in side]
        training = len(units) - len(free) - sum(side.get(unit, False) for unit in units)
        for place, number in enumerate(make_rng("split_folder", seed, name).permutation(len(free))):
            unit = free[number]
            size = len(units[unit])
            last_chance = training == 0 and place == len(free) - 1
            nearer = abs(taken + size - wanted) < abs(taken - wanted) or (taken == 0 and len(units) > 1)
            side[unit] = nearer and not last_chance
            taken += size * side[unit]
            training += not side[unit]
    return {path for paths in folders.values() for path in paths if side[_unit(path)]}
