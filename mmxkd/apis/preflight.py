"""Everything a run needs is looked for before anything is built, and all that is missing is named at once."""

import re
from collections.abc import Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config

from mmxkd.apis.configs import walk_datasets
from mmxkd.checkpoints import load_checkpoint
from mmxkd.errors import ConfigError, UserError
from mmxkd.registry import DATASETS

_URL = re.compile(r"[a-z0-9+.-]+://")
#: Keys of a model's config that name a file or folder of weights or stored outputs.
_WEIGHT_KEYS = ("checkpoint", "store")


class Missing(NamedTuple):
    """A config key, its value, what is not there, and how to get it."""

    key: str
    value: str
    what: str
    prepare: str


def check_training(cfg: Config) -> None:
    """Raise one ``ConfigError`` that names everything missing for training: data, teacher, initial weights, checkpoint."""
    missing = [item for split in ("train", "val") for item in _missing_data(cfg, split)]
    missing += list(_missing_weights(cfg.model, "model"))
    missing += list(_missing_checkpoint(cfg, "train one first, or leave load_from and --resume out"))
    _refuse(missing, "training cannot start here")


def check_testing(cfg: Config) -> None:
    """Raise one ``ConfigError`` that names everything missing for a test: data and checkpoint, but no teacher."""
    missing = [*_missing_data(cfg, "test"), *_missing_checkpoint(cfg, "train one with tools/train.py")]
    _refuse(missing, "testing cannot start here")


def _refuse(missing: list[Missing], title: str) -> None:
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for item in missing:
        grouped.setdefault((item.value, item.what, item.prepare), []).append(item.key)
    lines = [f"{', '.join(keys)}={value!r}: {what}. To prepare: {prepare}" for (value, what, prepare), keys in grouped.items()]
    if lines:
        raise ConfigError(f"{title}: {lines[0]}" if len(lines) == 1 else "\n  - ".join([f"{title}:", *lines]))


def _missing_data(cfg: Config, split: str) -> Iterator[Missing]:
    loader = cfg.get(f"{split}_dataloader")
    if loader:
        for key, dataset in walk_datasets(loader["dataset"], f"{split}_dataloader.dataset"):
            yield from _missing_of_dataset(dataset, key)


def _missing_of_dataset(dataset: Mapping[str, Any], key: str) -> Iterator[Missing]:
    """Yield what a data set cannot find; ours say what they need by ``required_paths()``."""
    cls = DATASETS.get(dataset["type"]) if isinstance(dataset["type"], str) else dataset["type"]
    if not hasattr(cls, "required_paths"):
        root = dataset.get("data_root") or ""
        for name, path in (("data_root", root), ("ann_file", dataset.get("ann_file"))):
            if path and not any(Path(folder, path).exists() for folder in ("", root)):
                yield Missing(f"{key}.{name}", path, "no such file or folder", "see docs/data.md")
        return
    try:
        built = cls(**{name: value for name, value in dataset.items() if name != "type"} | {"pipeline": [], "lazy_init": True})
    except UserError as error:
        yield Missing(f"{key}.type", str(dataset["type"]), str(error), "correct the config")
        return
    gone: list[str] = []
    for need in built.required_paths():
        exists = Path(need.path).is_dir() if need.folder else Path(need.path).is_file()
        # What lies in a missing folder goes without saying.
        if not exists and not any(Path(need.path).is_relative_to(folder) for folder in gone):
            yield Missing(f"{key}.{need.key}", need.value, f"no {'folder' if need.folder else 'file'} {need.path}", built.prepare)
            if need.folder:
                gone.append(need.path)


def _missing_weights(node: Any, key: str) -> Iterator[Missing]:
    if isinstance(node, (list, tuple)):
        for number, item in enumerate(node):
            yield from _missing_weights(item, f"{key}[{number}]")
    if not isinstance(node, Mapping):
        return
    for name, value in node.items():
        if name in _WEIGHT_KEYS and isinstance(value, str):
            found = sorted(glob(str(Path(value).expanduser())))
            if len(found) != 1 and not _URL.match(value):
                several = f"{len(found)} files match, {', '.join(found[:4])}; one is wanted"
                yield Missing(f"{key}.{name}", value, several if found else "no such file", node.get("hint") or _hint(key))
        else:
            yield from _missing_weights(value, f"{key}.{name}")


def _hint(key: str) -> str:
    if ".teacher" in key:
        return "train the teacher with tools/train.py TEACHER_CONFIG, or convert an official checkpoint with tools/convert_checkpoint.py"
    return "convert an official checkpoint with tools/convert_checkpoint.py"


def _missing_checkpoint(cfg: Config, prepare: str) -> Iterator[Missing]:
    path = cfg.get("load_from")
    if path is None or _URL.match(path):
        return
    if not Path(path).is_file():
        yield Missing("load_from", path, "no such file", prepare)
        return
    try:
        load_checkpoint(path)
    except UserError as error:
        yield Missing("load_from", path, str(error), prepare)
