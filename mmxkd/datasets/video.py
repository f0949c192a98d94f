"""Videos with one label each: the data set all recognition systems read."""

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mmengine.dataset import BaseDataset

from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.lists import VideoRecord, read_list
from mmxkd.datasets.readers import BrokenVideoError
from mmxkd.datasets.samplers import SampleKey
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS
from mmxkd.seeding import kept_globals, make_rng

_REPLACEMENTS = 10


class RequiredPath(NamedTuple):
    """A file or folder a data set cannot do without: the config key that names it, its value, and where that was looked for."""

    key: str
    value: str
    path: str
    folder: bool = False


@DATASETS.register_module()
class VideoDataset(BaseDataset):
    """Videos and labels from a list (``path label`` or ``path,label``).

    A sample's uid is its path as listed, without suffix and relative to the videos' folder. What is random about it follows from
    (seed, epoch, index). A video that cannot be read is replaced in training by another one, chosen by (seed, epoch, index, attempt)
    and shown as it would be shown in its own place; in testing its inputs are the pipeline's dummy. Both say so in ``broken``.

    Args:
        ann_file: The list, below ``data_root`` or, if it is not there, below the working directory (``classes``, ``labelled`` alike).
        data_root: Folder of the data set.
        video_dir: Folder, below ``data_root``, that the list's paths start from.
        classes: Class names in label order, or a file of them (``LabelMap.from_file``). ``None``: any label from 0 up is accepted and
            the label map has no hash.
        pipeline: Transforms for ``SeededCompose``, or a callable with a method ``dummy``.
        test_mode: Whether a broken video is shown as a dummy instead of being replaced.
        labels_from: ``'list'``, or ``'folder'``: the label is the place of the video's folder name in ``classes`` and the list's
            numbers are not looked at.
        labelled: A list whose videos keep their labels while all others get -1 (unlabelled). Labels in it (from 0) are optional.
        seed: The run's seed.
        prepare: What to do when files are missing, for the error message.
        indices: Only the first so many rows, or these rows.
        serialize_data: Keep the rows as bytes that data loader workers share.
        lazy_init: Touch no file until the rows or ``metainfo`` are asked for.

    Raises:
        ConfigError: A file or folder is missing (when first needed), or ``labels_from`` is neither.
        DataError: A list or label map cannot be used; file, line and value are named.
    """

    prepare = "see docs/data.md, or write lists for a folder of class folders with tools/data/build_list.py"

    def __init__(
        self,
        ann_file: str,
        data_root: str = "",
        video_dir: str = "",
        classes: Sequence[str] | str | None = None,
        pipeline: Sequence[dict | Callable] | Callable = (),
        test_mode: bool = False,
        labels_from: str = "list",
        labelled: str | None = None,
        seed: int = 0,
        prepare: str | None = None,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
    ) -> None:
        if labels_from not in ("list", "folder"):
            raise ConfigError(f"dataset.labels_from={labels_from!r}; accepted: 'list', 'folder'")
        if labels_from == "folder" and classes is None:
            raise ConfigError("dataset.labels_from='folder' needs dataset.classes: the folder names in label order")
        super().__init__(
            ann_file,
            data_root=data_root,
            data_prefix={},
            indices=indices,
            serialize_data=serialize_data,
            test_mode=test_mode,
            lazy_init=True,
        )
        self.video_root = os.path.join(data_root, video_dir)
        self.video_dir = video_dir
        self.classes = classes
        self.labels_from = labels_from
        self.labelled = labelled
        self.seed = seed
        self.prepare = prepare or self.prepare
        self._label_map: LabelMap | None = None
        self.pipeline: Any = pipeline if callable(pipeline) else _compose(pipeline)
        if not lazy_init:
            self.full_init()

    def _join_prefix(self) -> None:
        """Leave ``ann_file`` as the config has it; ``_locate`` resolves it."""

    def _locate(self, value: str) -> str:
        """Return where a file named in the config is: below ``data_root``, else as given."""
        inside = os.path.join(self.data_root, value)
        return value if os.path.isfile(value) and not os.path.isfile(inside) else inside

    def required_paths(self) -> list[RequiredPath]:
        """Return the files and folders this data set reads before the first video."""
        required = [RequiredPath("ann_file", self.ann_file, self._locate(self.ann_file))]
        if self.data_root:
            required.insert(0, RequiredPath("data_root", self.data_root, self.data_root, folder=True))
        if self.video_dir:
            required.append(RequiredPath("video_dir", self.video_dir, self.video_root, folder=True))
        if isinstance(self.classes, str):
            required.append(RequiredPath("classes", self.classes, self._locate(self.classes)))
        if self.labelled is not None:
            required.append(RequiredPath("labelled", self.labelled, self._locate(self.labelled)))
        return required

    def check_files(self) -> None:
        """Raise ``ConfigError`` unless everything in ``required_paths`` is there; reads nothing, so it can run before a launch."""
        missing = [need for need in self.required_paths() if not (os.path.isdir if need.folder else os.path.isfile)(need.path)]
        if missing:
            parts = [
                f"*_dataloader.dataset.{need.key}={need.value!r} ({'folder' if need.folder else 'file'} {need.path})" for need in missing
            ]
            raise ConfigError(f"{type(self).__name__}: missing {', '.join(parts)}. To prepare the data: {self.prepare}")

    @property
    def label_map(self) -> LabelMap | None:
        """The label map, read when first asked for; ``None`` without ``classes``."""
        if self._label_map is None:
            self._label_map = self._load_label_map()
        return self._label_map

    @property
    def metainfo(self) -> dict[str, Any]:
        """``classes`` (tuple of names) and ``label_map_hash`` (16 hex digits), both ``None`` without ``classes``."""
        label_map = self.label_map
        return {"classes": label_map.classes if label_map else None, "label_map_hash": label_map.hash if label_map else None}

    def _load_label_map(self) -> LabelMap | None:
        if isinstance(self.classes, str):
            self.check_files()
            return LabelMap.from_file(self._locate(self.classes))
        return None if self.classes is None else LabelMap(self.classes, "dataset.classes")

    def _load_records(self) -> list[VideoRecord]:
        """Return the videos and their labels from 0."""
        source = self._locate(self.ann_file)
        if self.labels_from == "folder":
            records = read_list(source, label_required=False)
            return [record._replace(label=self._folder_label(record, source)) for record in records]
        records = read_list(source)
        for record in records:
            self._check_label(record, source)
        return records

    def _folder_label(self, record: VideoRecord, source: str) -> int:
        """Return the label of the folder a video lies in."""
        folder, label_map = os.path.basename(os.path.dirname(record.path)), self.label_map
        if label_map is None or folder not in label_map:
            names = f"{len(label_map)} names of {label_map.source}" if label_map else "classes"
            raise DataError(f"{source}:{record.line}: folder {folder!r} of {record.path!r} is not among the {names}")
        return label_map.index(folder)

    def _check_label(self, record: VideoRecord, source: str) -> None:
        """Raise unless 0 <= label < K."""
        label_map, label = self.label_map, record.label
        if label is not None and label >= 0 and (label_map is None or label < len(label_map)):
            return
        accepted = f"0..{len(label_map) - 1} ({len(label_map)} classes of {label_map.source})" if label_map else "0 and up"
        raise DataError(
            f"{source}:{record.line}: label {label} of {record.path!r} is out of range; accepted: {accepted}. "
            "If the folder names are the classes, labels_from='folder' takes the labels from them"
        )

    def _uid(self, path: str) -> str:
        """Return a listed path relative to the videos' folder, in normal form and without suffix."""
        if os.path.isabs(path):
            path = os.path.relpath(path, self.video_root)
        return os.path.splitext(os.path.normpath(path).replace(os.sep, "/"))[0]

    def load_data_list(self) -> list[dict[str, Any]]:
        """Return one dict per video: ``filename`` (full path), ``label`` (-1 where unlabelled), ``uid``."""
        self.check_files()
        records = self._load_records()
        rows: dict[str, VideoRecord] = {}
        for record in records:
            other = rows.setdefault(self._uid(record.path), record)
            if other is not record:
                raise DataError(f"{self._locate(self.ann_file)}:{record.line}: {record.path!r} is listed already, in line {other.line}")
        kept = rows.keys() if self.labelled is None else self._labelled_uids(self.labelled, rows)
        return [
            {"filename": os.path.join(self.video_root, record.path), "label": record.label if uid in kept else -1, "uid": uid}
            for uid, record in rows.items()
        ]

    def _labelled_uids(self, labelled: str, rows: dict[str, VideoRecord]) -> set[str]:
        """Return the uids in the list of labelled videos, all of which must be rows with that label."""
        source, uids = self._locate(labelled), set()
        for record in read_list(source, label_required=False):
            uid = self._uid(record.path)
            if uid not in rows:
                raise DataError(f"{source}:{record.line}: {record.path!r} is not in the data set's list")
            if record.label not in (None, rows[uid].label):
                raise DataError(
                    f"{source}:{record.line}: label {record.label} of {record.path!r}, which the data set labels {rows[uid].label}"
                )
            uids.add(uid)
        return uids

    def __getitems__(self, keys: Sequence[SampleKey | int]) -> list[Any]:
        """Return the pipeline's output for each sample of a batch; what PyTorch's loaders ask for."""
        with kept_globals():
            return [self[key] for key in keys]

    def __getitem__(self, key: SampleKey | int) -> Any:
        """Return the pipeline's output for a sample.

        Args:
            key: What the sampler yields; an int means epoch 0 and position = index, negative ones count from the end.

        Raises:
            DataError: In training, neither the video nor any of ten replacements can be read.
            IndexError: There is no such row.
        """
        if not isinstance(key, SampleKey):
            index = int(key) + (len(self) if key < 0 else 0)
            key = SampleKey(0, index, index)
        if not 0 <= key.index < len(self):
            raise IndexError(f"row {key.index} of {len(self)}")
        broken: list[str] = []
        index = key.index
        for attempt in range(_REPLACEMENTS + 1):
            try:
                return self.pipeline(self._request(key, index, broken))
            except BrokenVideoError as error:
                broken.append(error.path)
                if self.test_mode:
                    return self.pipeline.dummy(self._request(key, index, broken))
                if len(self) == 1:
                    raise
                index = self._replacement(key, attempt)
        raise DataError(f"none of {len(broken)} videos drawn for row {key.index} can be read: {', '.join(broken)}")

    def _replacement(self, key: SampleKey, attempt: int) -> int:
        """Return another row than ``key.index``."""
        other = int(make_rng("replace", self.seed, key.epoch, key.index, attempt).randint(len(self) - 1))
        return other + (other >= key.index)

    def _request(self, key: SampleKey, index: int, broken: list[str]) -> dict[str, Any]:
        """Return what the pipeline starts from. A replacement is seeded as itself, so that a stored teacher has seen its view."""
        row = self.get_data_info(index)
        return {
            "filename": row["filename"],
            "label": row["label"],
            "uid": row["uid"],
            "index": index,
            "epoch": key.epoch,
            "position": key.position,
            "seed": self.seed,
            "rng_key": (self.seed, key.epoch, index),
            "broken": list(broken),
        }

    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the row's label in a list, as MMEngine's class balancing wants it."""
        return [self.get_data_info(idx)["label"]]


def _compose(pipeline: Sequence[dict | Callable]) -> Callable:
    # Imported here: the transforms bring mmaction2 with them.
    from mmxkd.datasets.transforms.compose import SeededCompose

    return SeededCompose(pipeline)
