"""A running average of the weights beside those that are trained."""

from typing import Any

import torch
from mmengine.hooks import EMAHook
from mmengine.model import ExponentialMovingAverage
from mmengine.runner import Runner
from torch import Tensor, nn

from mmxkd.registry import HOOKS, MODELS


@MODELS.register_module()
class RunningAverage(ExponentialMovingAverage):
    """``average <- decay * average + (1 - decay) * weights`` of everything in a state dict, from the first update on.

    MMEngine's class copies the weights in its first update instead; case groundnlq ``schedule_ema``.
    """

    def __init__(
        self, model: nn.Module, momentum: float = 0.001, interval: int = 1, device: torch.device | None = None, update_buffers: bool = True
    ) -> None:
        super().__init__(model, momentum, interval, device, update_buffers)
        self.steps += 1

    def avg_func(self, averaged_param: Tensor, source_param: Tensor, steps: int) -> None:
        """Move one tensor of the average, in place."""
        averaged_param.mul_(1 - self.momentum).add_(source_param, alpha=self.momentum)


@HOOKS.register_module()
class WeightAverageHook(EMAHook):
    """Keep a running average of the weights a run starts from and goes on to.

    It starts when weights are loaded, so that fine-tuning averages nothing random. A checkpoint has it as ``ema_state_dict``.

    Args:
        decay: share of the average that stays at each step.
        evaluate: validate, test and save as ``state_dict`` with the average; the trained weights are then in ``ema_state_dict``.
            Off, as published, the average is only kept.
    """

    def __init__(self, decay: float = 0.999, evaluate: bool = False) -> None:
        super().__init__("mmxkd.RunningAverage", momentum=1 - decay, update_buffers=True)
        self.evaluate = evaluate

    def before_train(self, runner: Runner) -> None:
        """Start from the weights the run starts from."""
        super().before_train(runner)
        if not runner._resume:
            self.ema_model.module.load_state_dict(self.src_model.state_dict())

    def before_val_epoch(self, runner: Runner) -> None:
        """Put the average in the model's place where it is evaluated."""
        if self.evaluate:
            super().before_val_epoch(runner)

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Put the weights back."""
        if self.evaluate:
            super().after_val_epoch(runner, metrics)

    def before_test_epoch(self, runner: Runner) -> None:
        """Put the average in the model's place where it is evaluated."""
        if self.evaluate:
            super().before_test_epoch(runner)

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Put the weights back."""
        if self.evaluate:
            super().after_test_epoch(runner, metrics)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Add ``ema_state_dict``."""
        if self.evaluate:
            super().before_save_checkpoint(runner, checkpoint)
        else:
            checkpoint["ema_state_dict"] = self.ema_model.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Continue the average of a run that is resumed."""
        if self.evaluate:
            super().after_load_checkpoint(runner, checkpoint)
        elif runner._resume and "ema_state_dict" in checkpoint:
            self.ema_model.load_state_dict(checkpoint["ema_state_dict"])
