"""Stop when the loss is no number any more."""

import math
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop all ranks together when the loss of any is NaN or infinite, before a checkpoint of the spoilt weights is written.

    Args:
        interval: steps between two looks.

    Raises:
        ConfigError: names step, the parts of this rank's loss and its samples.
    """

    priority = "NORMAL"

    def __init__(self, interval: int = 1) -> None:
        if interval < 1:
            raise ConfigError(f"FiniteLossHook.interval={interval}; accepted: an integer of at least 1")
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None) -> None:
        """Look at ``outputs['loss']``."""
        if outputs is None or not self.every_n_train_iters(runner, self.interval):
            return
        broken = torch.tensor(0 if math.isfinite(outputs["loss"].item()) else 1)
        if runner.distributed:
            all_reduce(broken, op="max")
        if broken:
            parts = ", ".join(f"{name} {value.item():.4g}" for name, value in outputs.items())
            samples = data_batch.get("data_samples", []) if isinstance(data_batch, dict) else []
            uids = ", ".join(str(sample.get("uid")) for sample in samples[:8])
            raise ConfigError(
                f"the loss is not finite at step {runner.iter + 1} (rank {runner.rank}: {parts}; samples {uids or 'unnamed'}); "
                "lower optim_wrapper.optimizer.lr, set optim_wrapper.clip_grad, or look at these samples"
            )
