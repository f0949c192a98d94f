"""What data sets over an annotation table share."""

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.utils.data import Dataset

from mmxkd.datasets.anticipation.segments import SegmentTable
from mmxkd.datasets.anticipation.sources import TableSource, build_table
from mmxkd.datasets.samplers import SampleKey
from mmxkd.datasets.video import RequiredPath
from mmxkd.errors import ConfigError


class TableDataset(Dataset):
    """A data set whose samples are segments of a table; a sampler's ``SampleKey`` or a plain index asks for one.

    Args:
        table: the annotation, ``dict(type='Epic55Table', root=...)`` and so on.
        split: which of its splits: ``'training'``, ``'validation'``, and, where the table holds videos out, ``'fit'``, ``'held_out'``.
        pipeline: transforms for ``SeededCompose``.
        test_mode: as of ``VideoDataset``.
        seed: the run's seed.
        lazy_init: touch no file until a sample is asked for.

    Raises:
        ConfigError: a file is missing, or there is no such split.
        DataError: the table cannot be used.
    """

    def __init__(
        self,
        table: Mapping[str, Any] | TableSource,
        split: str,
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
        seed: int = 0,
        lazy_init: bool = False,
    ) -> None:
        # Imported here: the transforms bring mmaction2 with them.
        from mmxkd.datasets.transforms.compose import SeededCompose

        self.source = build_table(table)
        self.split = split
        self.test_mode, self.seed = test_mode, seed
        self.pipeline = SeededCompose(pipeline)
        self._ready = False
        if not lazy_init:
            self.full_init()

    @property
    def prepare(self) -> str:
        """How to get missing files, for error messages."""
        return self.source.prepare

    @property
    def table(self) -> SegmentTable:
        """The annotation, read when first asked for."""
        return self.source.table

    @abstractmethod
    def _load(self) -> None:
        """Read everything and make the rows."""

    @abstractmethod
    def _request(self, key: SampleKey) -> dict[str, Any]:
        """Return what the pipeline starts from."""

    @abstractmethod
    def _count(self) -> int:
        """Return the number of rows."""

    def required_paths(self) -> list[RequiredPath]:
        """Return the files and folders this data set reads before the first sample."""
        return self.source.required_paths()

    def check_files(self) -> None:
        """Raise ``ConfigError`` unless everything in ``required_paths`` is there; reads nothing."""
        missing = [need for need in self.required_paths() if not (os.path.isdir if need.folder else os.path.exists)(need.path)]
        if missing:
            parts = [
                f"*_dataloader.dataset.{need.key}={need.value!r} ({'folder' if need.folder else 'file'} {need.path})" for need in missing
            ]
            raise ConfigError(f"{type(self).__name__}: missing {', '.join(parts)}. To prepare the data: {self.prepare}")

    def full_init(self) -> None:
        """Read the table and make the rows, once."""
        if not self._ready:
            self.check_files()
            self._load()
            self._ready = True

    @property
    def metainfo(self) -> dict[str, Any]:
        """``classes`` and ``label_map_hash`` of the actions, ``num_verbs``, ``num_nouns``, ``action_verb`` and ``action_noun`` (K,)."""
        self.check_files()
        vocabulary = self.table.vocabulary
        return {
            "classes": vocabulary.label_map.classes,
            "label_map_hash": vocabulary.label_map.hash,
            "num_verbs": len(vocabulary.verbs),
            "num_nouns": len(vocabulary.nouns),
            "action_verb": vocabulary.action_verb.tolist(),
            "action_noun": vocabulary.action_noun.tolist(),
        }

    def __len__(self) -> int:
        self.full_init()
        return self._count()

    def _key(self, key: SampleKey | int) -> SampleKey:
        """Return the full key; ``IndexError`` if there is no such row."""
        if not isinstance(key, SampleKey):
            index = int(key) + (len(self) if key < 0 else 0)
            key = SampleKey(0, index, index)
        if not 0 <= key.index < len(self):
            raise IndexError(f"row {key.index} of {len(self)}")
        return key

    def _meta(self, key: SampleKey, uid: str) -> dict[str, Any]:
        return {
            "uid": uid,
            "index": key.index,
            "epoch": key.epoch,
            "position": key.position,
            "seed": self.seed,
            "rng_key": (self.seed, key.epoch, key.index),
        }

    def __getitem__(self, key: SampleKey | int) -> Any:
        """Return the pipeline's output for a sample; an int means epoch 0 and position = index."""
        return self.pipeline(self._request(self._key(key)))
