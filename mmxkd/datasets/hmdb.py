"""HMDB51 by its official split files."""

import glob
import os
from typing import Any

from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.lists import VideoRecord, read_list
from mmxkd.datasets.ucf import check_subset
from mmxkd.datasets.video import RequiredPath, VideoDataset
from mmxkd.errors import DataError
from mmxkd.registry import DATASETS

#: What the number behind a name in a split file means (0: the split does not use the clip).
FLAGS = {"train": 1, "test": 2}


@DATASETS.register_module()
class HMDB51Dataset(VideoDataset):
    """HMDB51: ``<data_root>/<video_dir>/<class>/*.avi`` and ``<ann_dir>/<class>_test_split{1,2,3}.txt`` with ``name flag`` lines.

    Classes are the names in the split files' names, sorted.

    Args:
        data_root: Folder of the data set.
        ann_dir: Folder of the split files, below ``data_root``.
        video_dir: Folder of the class folders, below ``data_root``.
        split: Number of the split, from 1.
        subset: ``'train'`` or ``'test'``.
        test_mode: See ``VideoDataset``; ``None``: true for the test subset.
        **options: ``pipeline``, ``labelled`` and the other options of ``VideoDataset``.

    Raises:
        ConfigError: An unknown subset, or files are missing.
        DataError: A flag other than 0, 1, 2, or a subset without clips.
    """

    prepare = "download HMDB51 and its train/test splits and unpack them as docs/data.md says"

    def __init__(
        self,
        data_root: str = "data/hmdb51",
        ann_dir: str = "splits",
        video_dir: str = "videos",
        split: int = 1,
        subset: str = "train",
        test_mode: bool | None = None,
        **options: Any,
    ) -> None:
        check_subset(subset)
        self.split, self.subset = split, subset
        super().__init__(
            ann_dir,
            data_root=data_root,
            video_dir=video_dir,
            classes=None,
            labels_from="list",
            test_mode=subset == "test" if test_mode is None else test_mode,
            **options,
        )

    def _split_files(self) -> dict[str, str]:
        """Return the split file of every class, classes sorted (``climb`` before ``climb_stairs``, unlike the files' names)."""
        ending = f"_test_split{self.split}.txt"
        files = glob.glob(os.path.join(glob.escape(os.path.join(self.data_root, self.ann_file)), f"*{ending}"))
        return dict(sorted((os.path.basename(path).removesuffix(ending), path) for path in files))

    def required_paths(self) -> list[RequiredPath]:
        """Return the folders, and a split file's name where there is none."""
        folder = os.path.join(self.data_root, self.ann_file)
        needs = [need for need in super().required_paths() if need.key != "ann_file"]
        needs.append(RequiredPath("ann_dir", self.ann_file, folder, folder=True))
        if os.path.isdir(folder) and not self._split_files():
            needs.append(RequiredPath("split", str(self.split), os.path.join(folder, f"<class>_test_split{self.split}.txt")))
        return needs

    def _load_label_map(self) -> LabelMap:
        self.check_files()
        return LabelMap(self._split_files(), os.path.join(self.data_root, self.ann_file))

    def _load_records(self) -> list[VideoRecord]:
        records = []
        for label, (name, path) in enumerate(self._split_files().items()):
            for clip in read_list(path):
                if clip.label not in (0, 1, 2):
                    raise DataError(f"{path}:{clip.line}: flag {clip.label} of {clip.path!r}; accepted: 0 (unused), 1 (train), 2 (test)")
                if clip.label == FLAGS[self.subset]:
                    records.append(VideoRecord(f"{name}/{clip.path}", label, clip.line))
        if not records:
            raise DataError(f"{os.path.join(self.data_root, self.ann_file)}: split {self.split} has no {self.subset} clips")
        return records
