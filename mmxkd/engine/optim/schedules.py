"""Learning rates of every step in closed form: linear warm-up, then cosine, steps or a line.

Source: TalalWasim/Video-FocalNets (schedulers of timm, applied per iteration), fact sheet section 5. With base rate b, warm-up of W
steps from s * b, T steps in all and k counting from 0: k < W: b * (s + (1 - s) * k / W), afterwards what each class says.
"""

import logging
import math
from abc import abstractmethod
from typing import Any

from mmengine.logging import print_log
from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import INF, OptimizerType, _ParamScheduler

from mmxkd.errors import ConfigError
from mmxkd.registry import PARAM_SCHEDULERS


class WarmupLR(LRSchedulerMixin, _ParamScheduler):
    """What the schedules share.

    In a config either per step (``by_epoch=False, warmup_steps=..., total_steps=...``) or in epochs
    (``convert_to_iter_based=True, warmup_epochs=..., total_epochs=...``); the rate changes at every step in both. The totals default
    to the length of the run. On resume only the counters are restored: the rule is the config's.

    Args:
        optimizer: optimizer or wrapper.
        warmup_steps: W.
        total_steps: T; default ``end``.
        start_factor: rate of step 0 as a share of the base rate.
        delay: 0: step k uses lr(k). n: the rate is refreshed after every n-th step with that step's index, so that step k uses
            lr(floor(k / n) * n - 1), at least lr(0). The release has n = its accumulation steps, usually 1.
        begin, end, last_step, by_epoch: as in MMEngine; ``by_epoch=True`` is refused.
        rule: arguments of the class's ``factor``.

    Raises:
        ConfigError: a value out of range, or neither way of counting named.
    """

    def __init__(
        self,
        optimizer: OptimizerType,
        warmup_steps: int = 0,
        total_steps: int | None = None,
        start_factor: float = 0.01,
        delay: int = 0,
        begin: int = 0,
        end: int = INF,
        last_step: int = -1,
        by_epoch: bool = True,
        **rule: Any,
    ) -> None:
        name = f"param_scheduler {type(self).__name__}"
        if by_epoch:
            raise ConfigError(f"{name}: set convert_to_iter_based=True (warmup_epochs=...) or by_epoch=False (warmup_steps=...)")
        total = end - begin if total_steps is None else total_steps
        if warmup_steps > total:
            print_log(f"{name}: the run of {total} steps ends inside its warm-up of {warmup_steps}", "current", logging.WARNING)
        for key, value in {"warmup_steps": warmup_steps, "start_factor": start_factor, "delay": delay, **rule}.items():
            if value < 0:
                raise ConfigError(f"{name}.{key}={value}; accepted: at least 0")
        self.rule = {"warmup_steps": warmup_steps, "total_steps": total, "start_factor": start_factor, "delay": delay, **rule}
        super().__init__(optimizer, begin=begin, end=end, last_step=last_step, by_epoch=False)

    @classmethod
    def build_iter_from_epoch(
        cls,
        optimizer: OptimizerType,
        epoch_length: int,
        warmup_epochs: float = 0,
        total_epochs: float | None = None,
        begin: int = 0,
        end: int = INF,
        by_epoch: bool = True,
        **rule: Any,
    ) -> "WarmupLR":
        """Build from epochs of ``epoch_length`` steps; MMEngine calls it for ``convert_to_iter_based=True``."""
        total = end - begin if total_epochs is None else total_epochs
        steps = {"warmup_steps": int(warmup_epochs * epoch_length), "total_steps": int(total * epoch_length)}
        last = end if end == INF else end * epoch_length
        return cls(optimizer, begin=begin * epoch_length, end=last, by_epoch=False, **steps, **rule)

    @classmethod
    def lr_at(
        cls, step: int, base_lr: float, *, warmup_steps: int, total_steps: int, start_factor: float, delay: int = 0, **rule: float
    ) -> float:
        """Return the rate step ``step`` (from 0) uses; arguments as in the class."""
        index = max(step // delay * delay - 1, 0) if delay else step
        if index < warmup_steps:
            return base_lr * (start_factor + (1 - start_factor) * index / warmup_steps)
        return base_lr * cls.factor(index, warmup_steps, total_steps, **rule)

    @staticmethod
    @abstractmethod
    def factor(step: int, warmup_steps: int, total_steps: int, **rule: float) -> float:
        """Return the share of the base rate at ``step`` >= ``warmup_steps``."""

    def _get_value(self) -> list[float]:
        return [self.lr_at(self.last_step, base, **self.rule) for base in self.base_values]

    def load_state_dict(self, state_dict: dict) -> None:
        """Restore how many steps were taken."""
        super().load_state_dict({key: state_dict[key] for key in ("last_step", "_global_step", "_last_value")})


@PARAM_SCHEDULERS.register_module()
class WarmupCosineLR(WarmupLR):
    """After warm-up b * (m + (1 - m) * (1 + cos(pi * k / T)) / 2), m = ``min_factor``, the final share of the base rate.

    The cosine counts from step 0, not from the end of warm-up: with W = T / 6 the rate drops to 93.3 % of b there, as published.
    """

    def __init__(self, optimizer: OptimizerType, min_factor: float = 0.0, **kwargs: Any) -> None:
        super().__init__(optimizer, min_factor=min_factor, **kwargs)

    @staticmethod
    def factor(step: int, warmup_steps: int, total_steps: int, min_factor: float = 0.0) -> float:  # type: ignore[override]
        """Return the share of the base rate at ``step``."""
        return min_factor + (1 - min_factor) / 2 * (1 + math.cos(math.pi * min(step, total_steps) / total_steps))


@PARAM_SCHEDULERS.register_module()
class WarmupLinearLR(WarmupLR):
    """After warm-up b * (1 - (1 - m) * (k - W) / (T - W)), m = ``min_factor``, 0.01 as released."""

    def __init__(self, optimizer: OptimizerType, min_factor: float = 0.01, **kwargs: Any) -> None:
        super().__init__(optimizer, min_factor=min_factor, **kwargs)

    @staticmethod
    def factor(step: int, warmup_steps: int, total_steps: int, min_factor: float = 0.01) -> float:  # type: ignore[override]
        """Return the share of the base rate at ``step``."""
        done = (min(step, total_steps) - warmup_steps) / max(total_steps - warmup_steps, 1)
        return 1 - (1 - min_factor) * done


@PARAM_SCHEDULERS.register_module()
class WarmupStepLR(WarmupLR):
    """After warm-up b * r ** floor((k - W) / D).

    Args:
        decay_steps: D; ``decay_epochs`` with ``convert_to_iter_based=True``, 30 as released.
        decay_rate: r.
    """

    def __init__(self, optimizer: OptimizerType, decay_steps: int, decay_rate: float = 0.1, **kwargs: Any) -> None:
        if decay_steps < 1:
            raise ConfigError(f"param_scheduler WarmupStepLR.decay_steps={decay_steps}; accepted: at least 1")
        super().__init__(optimizer, decay_steps=decay_steps, decay_rate=decay_rate, **kwargs)

    @classmethod
    def build_iter_from_epoch(  # type: ignore[override]
        cls, optimizer: OptimizerType, epoch_length: int, decay_epochs: float = 30, **kwargs: Any
    ) -> "WarmupLR":
        """Build from epochs of ``epoch_length`` steps."""
        return super().build_iter_from_epoch(optimizer, epoch_length, decay_steps=int(decay_epochs * epoch_length), **kwargs)

    @staticmethod
    def factor(  # type: ignore[override]
        step: int, warmup_steps: int, total_steps: int, decay_steps: int, decay_rate: float = 0.1
    ) -> float:
        """Return the share of the base rate at ``step``."""
        return decay_rate ** ((step - warmup_steps) // decay_steps)
