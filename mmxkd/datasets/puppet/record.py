"""`puppet.json`: what a world on disk was made with, by which its folder is known again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from mmxkd.datasets.puppet.writer import encoder_versions
from mmxkd.errors import DataError

RECORD = "puppet.json"


class World(Protocol):
    """Settings of a world, of clips or of long videos."""

    def settings(self) -> dict:
        """Return everything the files depend on, as JSON gives it back."""


def write_record(out: Path, world: World, complete: bool) -> None:
    """Note in ``out`` what is being (or, when ``complete``, has been) written there."""
    out.mkdir(parents=True, exist_ok=True)
    libraries = {"opencv": cv2.__version__, "numpy": np.__version__}
    record = {"complete": complete, "settings": world.settings(), "libraries": libraries, "encoder": encoder_versions()}
    partial = out / f"{RECORD}.partial"
    partial.write_text(json.dumps(record, indent=2) + "\n")
    partial.replace(out / RECORD)


def check_record(out: Path, world: World, force: bool, folders: Sequence[str] = ("videos", "splits")) -> bool:
    """Return whether ``out`` is recorded to hold ``world``, complete.

    Args:
        out: the folder.
        world: the settings wanted.
        force: accept other settings.
        folders: what the world writes; without a record they are taken for somebody else's.

    Raises:
        DataError: ``out`` holds a world of other settings and not ``force``, or videos or lists that are no puppet world's.
    """
    path = out / RECORD
    if not path.exists():
        foreign = [out / name for name in folders if (out / name).exists()]
        if foreign:
            raise DataError(f"{foreign[0]}: exists, but {path} does not, so it is not a puppet world; choose another folder")
        return False
    try:
        record = json.loads(path.read_text())
        complete, there = bool(record["complete"]), dict(record["settings"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not the record of a puppet world; choose another folder") from error
    if there != world.settings() and not force:
        raise DataError(f"{path}: made with {_differences(there, world.settings())}; use --force or another folder")
    return complete and there == world.settings()


def _differences(there: dict, wanted: dict) -> str:
    """Name the settings that differ, flat: `seed 1 (wanted 0), style.noise 9.0 (wanted 4.0)`."""
    flat_there, flat_wanted = _flatten(there), _flatten(wanted)
    keys = [key for key in {**flat_wanted, **flat_there} if flat_there.get(key) != flat_wanted.get(key)]
    return ", ".join(f"{key} {flat_there.get(key)} (wanted {flat_wanted.get(key)})" for key in keys)


def _flatten(settings: dict) -> dict:
    style = settings.get("style", {})
    return {**{k: v for k, v in settings.items() if k != "style"}, **{f"style.{k}": v for k, v in style.items()}}
