"""Actions inside long videos as samples of recognition: a video, where the action lies in it, and its class."""

import os
from collections.abc import Mapping
from typing import Any

from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.samplers import SampleKey
from mmxkd.datasets.video import RequiredPath, VideoDataset
from mmxkd.errors import ConfigError
from mmxkd.registry import DATASETS

TARGETS = ("action", "verb", "noun")


@DATASETS.register_module()
class SegmentVideoDataset(VideoDataset):
    """The segments of an annotation table, each labelled with its action, verb or noun.

    A sample carries ``start`` and ``stop`` in seconds for the transform ``CutSegment``; its uid is the segment's.

    Args:
        table: config of an annotation table (``dict(type='RulstmTable', root=...)``, ``Epic55Table`` and so on).
        split: split of the table.
        data_root: folder of the data set.
        video_dir: folder of the videos, below ``data_root``.
        suffix: of the video files, whose names are the table's.
        target: which class is the label: ``'action'``, ``'verb'`` or ``'noun'``.
        **options: ``pipeline``, ``test_mode`` and the other options of ``VideoDataset`` that name no files.

    Raises:
        ConfigError: another target, no such split, or files are missing.
        DataError: the table cannot be read.
    """

    prepare = "see docs/own_annotations.md, or make a small stand-in with tools/data/make_puppet.py --kind long"

    def __init__(
        self,
        table: Mapping[str, Any],
        split: str = "training",
        data_root: str = "",
        video_dir: str = "videos",
        suffix: str = ".mp4",
        target: str = "action",
        **options: Any,
    ) -> None:
        from mmxkd.datasets.anticipation.sources import build_table

        if target not in TARGETS:
            raise ConfigError(f"dataset.target={target!r}; accepted: {', '.join(map(repr, TARGETS))}")
        self.source = build_table(table)
        self.split, self.suffix, self.target = split, suffix, target
        super().__init__("", data_root=data_root, video_dir=video_dir, **options)

    def required_paths(self) -> list[RequiredPath]:
        """Return the folder of the videos and the files of the table."""
        return [RequiredPath("video_dir", self.video_dir, self.video_root, folder=True), *self.source.required_paths()]

    def _load_label_map(self) -> LabelMap:
        self.check_files()
        vocabulary = self.source.table.vocabulary
        return {"action": vocabulary.label_map, "verb": vocabulary.verbs, "noun": vocabulary.nouns}[self.target]

    def load_data_list(self) -> list[dict[str, Any]]:
        """Return one dict per segment: ``filename``, ``label``, ``uid``, ``start``, ``stop``."""
        self.check_files()
        return [
            {
                "filename": os.path.join(self.video_root, segment.video + self.suffix),
                "label": getattr(segment, self.target),
                "uid": segment.uid,
                "start": segment.start,
                "stop": segment.stop,
            }
            for segment in self.source.table.split(self.split)
        ]

    def _request(self, key: SampleKey, index: int, broken: list[str]) -> dict[str, Any]:
        row = self.get_data_info(index)
        return {**super()._request(key, index, broken), "start": row["start"], "stop": row["stop"]}
