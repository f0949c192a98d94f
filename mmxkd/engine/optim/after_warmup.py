"""Learning rates that count from the end of warm-up, with an absolute floor.

Source: houzhijian/GroundNLQ ``libs/utils/lr_schedulers.py`` (after actionformer_release), fact sheet section 5; case ``schedule_ema``.
With base rate b, warm-up of W steps, T steps in all and k counting from 0: k < W: b * k / (W - 1), so that step 0 does nothing;
afterwards what each class says of k - W.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from mmengine.optim.scheduler.param_scheduler import OptimizerType

from mmxkd.engine.optim.schedules import WarmupLR
from mmxkd.errors import ConfigError
from mmxkd.registry import PARAM_SCHEDULERS


class AfterWarmupLR(WarmupLR):
    """What the schedules share; arguments and ways of counting as in ``WarmupLR``, without ``start_factor`` and ``delay``."""

    def __init__(self, optimizer: OptimizerType, **kwargs: Any) -> None:
        super().__init__(optimizer, start_factor=0.0, **kwargs)

    @classmethod
    def lr_at(  # type: ignore[override]
        cls, step: int, base_lr: float, *, warmup_steps: int, total_steps: int, start_factor: float = 0.0, delay: int = 0, **rule: Any
    ) -> float:
        """Return the rate step ``step`` (from 0) uses; ``start_factor`` and ``delay`` are 0 here."""
        if step < warmup_steps:
            return base_lr * step / max(warmup_steps - 1, 1)
        return cls.rate(step - warmup_steps, max(total_steps - warmup_steps, 1), base_lr, **rule)

    @staticmethod
    def rate(step: int, steps: int, base_lr: float, **rule: Any) -> float:
        """Return the rate ``step`` steps after warm-up, of ``steps``."""
        raise NotImplementedError

    @staticmethod
    def factor(step: int, warmup_steps: int, total_steps: int, **rule: float) -> float:
        """Not used: these rates are no multiple of the base rate."""
        raise NotImplementedError


@PARAM_SCHEDULERS.register_module()
class CosineAfterWarmupLR(AfterWarmupLR):
    """Half a cosine from the base rate to ``min_lr``, the same for all groups."""

    def __init__(self, optimizer: OptimizerType, min_lr: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(optimizer, min_lr=min_lr, **kwargs)

    @staticmethod
    def rate(step: int, steps: int, base_lr: float, min_lr: float = 1e-8) -> float:  # type: ignore[override]
        """Return the rate ``step`` steps after warm-up."""
        return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * min(step, steps) / steps)) / 2


@PARAM_SCHEDULERS.register_module()
class ConstantAfterWarmupLR(AfterWarmupLR):
    """The base rate."""

    @staticmethod
    def rate(step: int, steps: int, base_lr: float, **rule: Any) -> float:
        """Return the base rate."""
        return base_lr


@PARAM_SCHEDULERS.register_module()
class MultiStepAfterWarmupLR(AfterWarmupLR):
    """The base rate times ``gamma`` for every milestone reached.

    Args:
        milestones: in steps after warm-up, ascending; with ``convert_to_iter_based=True`` in epochs after it.
        gamma: what a milestone multiplies the rate by.
    """

    def __init__(self, optimizer: OptimizerType, milestones: Sequence[int], gamma: float = 0.1, **kwargs: Any) -> None:
        if list(milestones) != sorted(milestones) or any(milestone < 0 for milestone in milestones):
            raise ConfigError(f"param_scheduler MultiStepAfterWarmupLR.milestones={list(milestones)}; accepted: ascending, at least 0")
        self.milestones = list(milestones)
        super().__init__(optimizer, gamma=gamma, **kwargs)

    @classmethod
    def build_iter_from_epoch(  # type: ignore[override]
        cls, optimizer: OptimizerType, epoch_length: int, milestones: Sequence[int] = (), **kwargs: Any
    ) -> "WarmupLR":
        """Build from epochs of ``epoch_length`` steps."""
        steps = [milestone * epoch_length for milestone in milestones]
        return super().build_iter_from_epoch(optimizer, epoch_length, milestones=steps, **kwargs)

    @staticmethod
    def rate(  # type: ignore[override]
        step: int, steps: int, base_lr: float, milestones: Sequence[int] = (), gamma: float = 0.1
    ) -> float:
        """Return the rate ``step`` steps after warm-up."""
        return base_lr * gamma ** bisect_right(milestones, step)

    def _get_value(self) -> list[float]:
        return [self.lr_at(self.last_step, base, milestones=self.milestones, **self.rule) for base in self.base_values]
