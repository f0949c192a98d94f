"""Numeric cases on disk: ``<stem>.json`` with ``system`` and ``kind``, beside it ``<stem>.npz`` and ``<stem>.ckpt.pth``."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmxkd.checkpoints import read_file


class Case:
    """One case. Arrays are remembered as they are read, so that none is passed over unseen.

    Args:
        path: the json.
        meta: its content.
    """

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        self.path, self.meta = path, meta
        self.read: set[str] = set()

    @property
    def stem(self) -> str:
        """File name without suffixes."""
        return self.path.name.removesuffix(".json")

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Every array of the npz; empty when there is none."""
        path = self.path.with_suffix(".npz")
        if not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def array(self, key: str) -> np.ndarray:
        """Return one array and remember that it was used."""
        self.read.add(key)
        return self.arrays[key]

    def has(self, key: str) -> bool:
        """Return whether the npz holds ``key``."""
        return key in self.arrays

    def checkpoint(self, name: str = "ckpt") -> Any:
        """Load ``<stem>.<name>.pth``, weights only."""
        return read_file(self.path.with_name(f"{self.stem}.{name}.pth"))

    def unread(self) -> list[str]:
        """Return the arrays nobody compared or used."""
        return sorted(self.arrays.keys() - self.read)


def find_cases(folder: Path, system: str | None = None) -> list[Case]:
    """Return the cases below ``folder``, sorted; json files without ``system`` and ``kind`` are no cases."""
    cases = []
    for path in sorted(folder.rglob("*.json")):
        try:
            meta = json.loads(path.read_text())
        except ValueError:
            continue
        if isinstance(meta, dict) and "system" in meta and "kind" in meta and system in (None, meta["system"]):
            cases.append(Case(path, meta))
    return cases
