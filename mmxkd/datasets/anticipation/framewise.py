"""50Salads and Breakfast: one label per frame and line; runs of equal labels are the segments."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.datasets.anticipation.csv_files import read_lines
from mmxkd.datasets.anticipation.epic import SPLITS, pair_vocabulary
from mmxkd.datasets.anticipation.segments import ActionVocabulary, Segment
from mmxkd.datasets.anticipation.sources import Rows, TableSource
from mmxkd.datasets.video import RequiredPath
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS

TIME_TYPES = ("float32", "float16")


class FramewiseTable(TableSource):
    """Frame-wise label files: ``<labels>/<video>.txt``, ``mapping.txt`` (``class name``) and lists of each fold's videos.

    A run of equal lines a..b-1 is a segment from a / fps to b / fps. The verb of an action is its name before the first ``_``, the noun
    what follows. uids count the segments of all videos, in the order of their names, from 1.

    Args:
        root: folder of the files.
        fold: number of the cross-validation split, from 1.
        fps: label lines per second.
        labels: folder of the label files.
        mapping: class numbers and names.
        lists: pattern of the lists; ``{part}`` is ``train`` or ``test``, ``{fold}`` the fold. Lines name label files.
        ignore: names that are no actions.
        time_type: ``'float32'``, or ``'float16'`` as published, whose rounding reaches 0.25 s beyond 512 s.
        **options: of ``TableSource``.

    Raises:
        ConfigError: an unknown ``time_type``.
        DataError: a label the mapping does not know, or a video without label file.
    """

    def __init__(
        self,
        root: str,
        fold: int = 1,
        fps: float = 30.0,
        labels: str = "groundTruth",
        mapping: str = "mapping.txt",
        lists: str = "splits/{part}.split{fold}.bundle",
        ignore: Sequence[str] = (),
        time_type: str = "float32",
        **options: Any,
    ) -> None:
        super().__init__(root, **options)
        if time_type not in TIME_TYPES:
            raise ConfigError(f"table.time_type={time_type!r}; accepted: {', '.join(TIME_TYPES)}")
        self.fps, self.labels, self.mapping = fps, labels, mapping
        self.lists = [lists.format(part=part, fold=fold) for part in ("train", "test")]
        self.ignore, self.time_type = frozenset(ignore), time_type

    def files(self) -> dict[str, str]:
        """Return the mapping and the fold's lists."""
        return {"mapping": self.mapping, "lists.train": self.lists[0], "lists.test": self.lists[1]}

    def required_paths(self) -> list[RequiredPath]:
        """Return the lists and the folder of the label files."""
        return [*super().required_paths(), RequiredPath("table.labels", self.labels, str(Path(self.root, self.labels)), folder=True)]

    def _read(self, dropped: Counter[str]) -> tuple[ActionVocabulary, Rows]:
        names = [line.split(maxsplit=1)[-1].strip() for line in read_lines(self._path(self.mapping))]
        actions = [name for name in names if name not in self.ignore]
        vocabulary = _split_names(actions, str(self._path(self.mapping)))
        number = {name: action for action, name in enumerate(actions)}
        videos = {
            split: [Path(line.strip()).stem for line in read_lines(self._path(file))]
            for split, file in zip(SPLITS, self.lists, strict=True)
        }
        rows: dict[str, list[Segment]] = {}
        uid = 0
        for path in sorted(Path(self.root, self.labels).glob("*.txt")):
            rows[path.stem] = []
            for name, first, last in self._runs(path):
                if name in self.ignore:
                    continue
                if name not in number:
                    raise DataError(f"{path}:{first + 1}: label {name!r} is not in {self.mapping}")
                uid += 1
                action = number[name]
                verb, noun = int(vocabulary.action_verb[action]), int(vocabulary.action_noun[action])
                rows[path.stem].append(Segment(str(uid), path.stem, self._time(first), self._time(last), verb, noun, action, uid - 1))
        for split, listed in videos.items():
            missing = sorted(set(listed) - rows.keys())
            if missing:
                raise DataError(f"{Path(self.root, self.labels)}: no label file of {len(missing)} {split} videos, first {missing[0]!r}")
        return vocabulary, {split: [row for video in dict.fromkeys(listed) for row in rows[video]] for split, listed in videos.items()}

    @staticmethod
    def _runs(path: Path) -> list[tuple[str, int, int]]:
        """Return (label, first line, line after the last) of each run."""
        runs, begin = [], 0
        for name, group in groupby(line.strip() for line in read_lines(path)):
            end = begin + len(list(group))
            runs.append((name, begin, end))
            begin = end
        return runs

    def _time(self, line: int) -> float:
        return float(np.dtype(self.time_type).type(line / self.fps))


def _split_names(names: Sequence[str], source: str) -> ActionVocabulary:
    parts = [name.split("_", 1) for name in names]
    verbs = sorted({part[0] for part in parts})
    nouns = sorted({part[1] for part in parts if len(part) > 1})
    pairs = [(verbs.index(part[0]), nouns.index(part[1]) if len(part) > 1 else -1) for part in parts]
    return pair_vocabulary(pairs, verbs, nouns, "plain", source)


@DATASETS.register_module()
class FiftySaladsTable(FramewiseTable):
    """50Salads: 17 actions (the marks of beginning and end are none), 5 folds, 30 labels per second."""

    def __init__(self, root: str = "data/50salads", ignore: Sequence[str] = ("action_start", "action_end"), **options: Any) -> None:
        super().__init__(root, ignore=ignore, **{"fps": 30.0, **options})


@DATASETS.register_module()
class BreakfastTable(FramewiseTable):
    """Breakfast: 48 actions, silence (``SIL``) among them, 4 folds, 15 labels per second."""

    def __init__(self, root: str = "data/breakfast", **options: Any) -> None:
        super().__init__(root, **{"fps": 15.0, **options})
