"""UCF101 and UCF50: classes are folders, file names carry the recording group."""

import os
from typing import Any, ClassVar

from mmxkd.datasets.folders import scan_class_folders
from mmxkd.datasets.groups import group_of
from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.lists import VideoRecord, read_list
from mmxkd.datasets.video import RequiredPath, VideoDataset
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS

NUM_GROUPS = 25


@DATASETS.register_module()
class UCF101Dataset(VideoDataset):
    """UCF101 by its official split files, or any folder laid out like it.

    ``<data_root>/<video_dir>/<Class>/v_*_gXX_cYY.*`` with ``<ann_dir>/{classInd,trainlist0N,testlist0N}.txt``. The class comes from the
    folder: file names differ from it in case (``HandstandPushups/v_HandStandPushups_*``) and test lists have no labels. Numbers in
    these files count from 1, labels everywhere else from 0.

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
        DataError: A split file names an unknown class, or its number contradicts the folder.
    """

    prepare = "download UCF101 and its recognition splits as docs/data.md says, or make a small stand-in with tools/data/make_puppet.py"

    def __init__(
        self,
        data_root: str = "data/ucf101",
        ann_dir: str = "splits",
        video_dir: str = "videos",
        split: int = 1,
        subset: str = "train",
        test_mode: bool | None = None,
        **options: Any,
    ) -> None:
        check_subset(subset)
        self.ann_dir = ann_dir
        super().__init__(
            f"{ann_dir}/{subset}list{split:02d}.txt",
            data_root=data_root,
            video_dir=video_dir,
            classes=f"{ann_dir}/classInd.txt",
            labels_from="list",
            test_mode=subset == "test" if test_mode is None else test_mode,
            **options,
        )

    def required_paths(self) -> list[RequiredPath]:
        """Return the split files under the config key they follow from, ``ann_dir``."""
        return [
            need._replace(key="ann_dir", value=self.ann_dir) if need.key in ("ann_file", "classes") else need
            for need in super().required_paths()
        ]

    def _load_records(self) -> list[VideoRecord]:
        source = self._locate(self.ann_file)
        records = []
        for record in read_list(source, label_required=False):
            label = self._folder_label(record, source)
            if record.label is not None and record.label != label + 1:
                raise DataError(
                    f"{source}:{record.line}: number {record.label} of {record.path!r} contradicts its folder, which classInd.txt "
                    f"gives number {label + 1}"
                )
            records.append(record._replace(label=label))
        return records


@DATASETS.register_module()
class UCF50Dataset(VideoDataset):
    """UCF50 by a leave-groups-out protocol over the groups in the file names; it has no official split files.

    Classes are the folder names in byte order. The groups are numbered 1..25 within each class; numbers above 25, which some classes
    have, start again at 1. Every video is tested in exactly one fold, and no recording group is in both subsets.

    Args:
        data_root: Folder of the data set.
        protocol: ``'logo25'``: 25 folds, fold f tests group f. ``'logo5'``: 5 folds, fold f tests groups 5f-4..5f.
        fold: Number of the fold, from 1.
        subset: ``'train'`` or ``'test'``.
        video_dir: Folder of the class folders, below ``data_root``.
        test_mode: See ``VideoDataset``; ``None``: true for the test subset.
        **options: ``pipeline``, ``labelled`` and the other options of ``VideoDataset``.

    Raises:
        ConfigError: An unknown protocol, fold or subset, or the videos are missing.
        DataError: A file name carries no group.
    """

    prepare = "download UCF50 and unpack it to <data_root>/videos/<Class>/*.avi as docs/data.md says"
    #: Groups that each fold of a protocol tests.
    protocols: ClassVar[dict[str, int]] = {"logo25": 1, "logo5": 5}

    def __init__(
        self,
        data_root: str = "data/ucf50",
        protocol: str = "logo5",
        fold: int = 1,
        subset: str = "train",
        video_dir: str = "videos",
        test_mode: bool | None = None,
        **options: Any,
    ) -> None:
        check_subset(subset)
        if protocol not in self.protocols:
            raise ConfigError(f"dataset.protocol={protocol!r}; accepted: {', '.join(self.protocols)}")
        folds = NUM_GROUPS // self.protocols[protocol]
        if not 1 <= fold <= folds:
            raise ConfigError(f"dataset.fold={fold} of protocol {protocol!r}; accepted: 1..{folds}")
        self.protocol, self.fold, self.subset = protocol, fold, subset
        super().__init__(
            "",
            data_root=data_root,
            video_dir=video_dir,
            classes=None,
            labels_from="list",
            test_mode=subset == "test" if test_mode is None else test_mode,
            **options,
        )

    def required_paths(self) -> list[RequiredPath]:
        """Return the folders; there is no list."""
        return [need for need in super().required_paths() if need.key != "ann_file"]

    def _load_label_map(self) -> LabelMap:
        self.check_files()
        return LabelMap(sorted(scan_class_folders(self.video_root)), self.video_root)

    def _load_records(self) -> list[VideoRecord]:
        folders = scan_class_folders(self.video_root)
        paths = [path for name in sorted(folders) for path in folders[name]]
        assert self.label_map is not None
        return [
            VideoRecord(path, self.label_map.index(path.split("/", 1)[0]), line)
            for line, path in enumerate(paths, 1)
            if (self._fold_of(path) == self.fold) == (self.subset == "test")
        ]

    def _fold_of(self, path: str) -> int:
        group = group_of(path)
        if group is None:
            raise DataError(f"{os.path.join(self.video_root, path)}: the file name carries no recording group (`_gNN_cNN`)")
        return (group - 1) % NUM_GROUPS // self.protocols[self.protocol] + 1


def check_subset(subset: str) -> None:
    """Raise ``ConfigError`` unless ``subset`` is one the published splits have."""
    if subset not in ("train", "test"):
        raise ConfigError(f"dataset.subset={subset!r}; accepted: 'train', 'test'")
