"""Whether the labels of lists, the folders of their videos and a label map agree."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.lists import VideoRecord

#: Share of videos whose label is the commonest of their folder, from which folders are taken for classes.
_CLASS_FOLDER_SHARE = 2 / 3


def check_label_maps(lists: Mapping[str, Sequence[VideoRecord]], label_map: LabelMap | None) -> Iterator[tuple[str, str]]:
    """Find labels that contradict the folder of their video.

    With a label map, a folder named like one of its classes must have that class's label (spelling is compared without case, blanks
    and punctuation). Without one, a folder must have one label, the same in all lists. Folders that are no classes (``train/``,
    ``part_3/``) are left alone: they count as classes if there are several of them and most videos of each share a label that no
    other folder has.

    Args:
        lists: File name -> records.

    Yields:
        A video, as listed, and an explanation; one for each folder and label.
    """
    votes = {path: _count(records) for path, records in lists.items()}
    by_class = len({folder for counts in votes.values() for folder in counts}) > 1 and all(map(_look_like_classes, votes.values()))
    if label_map is not None:
        yield from _against_map(lists, votes, label_map, by_class)
    elif by_class:
        yield from _against_each_other(lists, votes)


def _folder(record: VideoRecord) -> str:
    return os.path.basename(os.path.dirname(record.path))


def _count(records: Sequence[VideoRecord]) -> dict[str, Counter[int]]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for record in records:
        if record.label is not None:
            counts[_folder(record)][record.label] += 1
    return dict(counts)


def _look_like_classes(counts: Mapping[str, Counter[int]]) -> bool:
    commonest = [count.most_common(1)[0] for count in counts.values()]
    total = sum(count.total() for count in counts.values())
    distinct = len({label for label, _ in commonest}) == len(commonest)
    return distinct and sum(number for _, number in commonest) >= _CLASS_FOLDER_SHARE * total


def _against_map(
    lists: Mapping[str, Sequence[VideoRecord]], votes: Mapping[str, Mapping[str, Counter[int]]], label_map: LabelMap, by_class: bool
) -> Iterator[tuple[str, str]]:
    index = {_spelling(name): label for label, name in enumerate(label_map.classes)}
    for path, counts in votes.items():
        for folder, count in counts.items():
            expected = index.get(_spelling(folder)) if len(index) == len(label_map) else None
            if folder in label_map:
                expected = label_map.index(folder)
            if expected is None and by_class:
                yield _example(lists[path], folder), f"{path}: folder {folder!r} is not a class of {label_map.source}"
            for label, number in count.items():
                if expected is not None and label != expected:
                    yield (
                        _example(lists[path], folder, label),
                        f"{path}: {number} videos of folder {folder!r} have label {label}, {label_map.source} gives it {expected}",
                    )


def _against_each_other(
    lists: Mapping[str, Sequence[VideoRecord]], votes: Mapping[str, Mapping[str, Counter[int]]]
) -> Iterator[tuple[str, str]]:
    first: dict[str, tuple[str, int]] = {}
    for path, counts in votes.items():
        for folder, count in counts.items():
            source, expected = first.setdefault(folder, (path, count.most_common(1)[0][0]))
            for label, number in count.items():
                if label != expected:
                    yield (
                        _example(lists[path], folder, label),
                        f"{path}: {number} videos of folder {folder!r} have label {label}, others have {expected} in {source}",
                    )


def _example(records: Sequence[VideoRecord], folder: str, label: int | None = None) -> str:
    return next(record.path for record in records if _folder(record) == folder and label in (None, record.label))


def _spelling(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
