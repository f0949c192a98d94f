"""Videos that cannot be read are counted, named, and stop the run past a limit."""

import math
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import HOOKS

LIST_NAME = "broken_videos.txt"


@HOOKS.register_module()
class BrokenVideoHook(Hook):
    """Count the samples of an epoch (of a validation, of a test) whose ``broken`` field names files that could not be read.

    Every file is logged once and listed in ``<work_dir>/broken_videos.txt``.

    Args:
        max_share: limit of failing samples / samples seen, 0..1; beyond it the run stops.
        min_samples: samples to see before the limit holds within an epoch (at its end it always does). Default ceil(1 / max_share).
        interval: batches between two looks when several processes have to agree; one process looks at every batch.

    Raises:
        DataError: the limit is passed; on all ranks alike.
    """

    priority = "NORMAL"

    def __init__(self, max_share: float = 0.01, min_samples: int | None = None, interval: int = 10) -> None:
        if not 0 <= max_share <= 1:
            raise ConfigError(f"BrokenVideoHook.max_share={max_share}; accepted: a share in 0..1")
        self.max_share = max_share
        self.min_samples = min_samples or (math.ceil(1 / max_share) if max_share else 1)
        self.interval = interval
        self._counts = [0, 0]
        self._known: set[str] = set()

    def _before_epoch(self, runner: Runner, mode: str = "train") -> None:
        self._counts = [0, 0]

    def _after_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None, mode: str = "train") -> None:
        samples = data_batch.get("data_samples", ()) if isinstance(data_batch, dict) else ()
        for sample in samples:
            paths = sample.get("broken") or ()
            self._counts[0] += bool(paths)
            self._counts[1] += 1
            for path in paths:
                self._report(runner, path)
        if not runner.distributed or (batch_idx + 1) % self.interval == 0:
            self._check(runner, mode, self.min_samples)

    def _after_epoch(self, runner: Runner, mode: str = "train") -> None:
        self._check(runner, mode, 1)

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Hold the limit at the end of a validation."""
        self._after_epoch(runner, mode="val")

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Hold the limit at the end of a test."""
        self._after_epoch(runner, mode="test")

    def _report(self, runner: Runner, path: str) -> None:
        if path in self._known:
            return
        self._known.add(path)
        runner.logger.warning(f"cannot be read: {path}")
        target = Path(runner.work_dir, LIST_NAME)
        if not target.exists() or path not in target.read_text().splitlines():
            with target.open("a") as file:
                file.write(f"{path}\n")

    def _check(self, runner: Runner, mode: str, min_samples: int) -> None:
        counts = torch.tensor(self._counts)
        if runner.distributed:
            all_reduce(counts)
        failing, seen = counts.tolist()
        if seen >= min_samples and failing > self.max_share * seen:
            raise DataError(
                f"{failing} of {seen} samples ({failing / seen:.1%}) of {mode}_dataloader could not be read, the limit is "
                f"{self.max_share:.1%} (default_hooks.broken_videos.max_share); the files are listed in {Path(runner.work_dir, LIST_NAME)}"
            )
