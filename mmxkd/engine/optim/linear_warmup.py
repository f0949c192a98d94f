"""The schedule Hugging Face's scripts train with: a line up, a line down to zero."""

from typing import Any

from mmengine.optim.scheduler.param_scheduler import INF, OptimizerType

from mmxkd.engine.optim.schedules import WarmupLR
from mmxkd.errors import ConfigError
from mmxkd.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class LinearWarmupLR(WarmupLR):
    """b * k / W up to optimizer step W, then b * (T - k) / (T - W), at least 0; k counts optimizer steps from 0.

    Counting as in ``WarmupLR`` (iterations, or epochs with ``convert_to_iter_based=True``); with gradient accumulation the batches of
    one optimizer step share its rate.

    Args:
        optimizer: optimizer or wrapper.
        warmup_steps: W, in optimizer steps.
        warmup_ratio: W as a share of T, rounded down, in place of ``warmup_steps``.
        accumulation: batches per optimizer step, ``optim_wrapper.accumulative_counts``.
        kwargs: see ``WarmupLR``; ``total_steps`` and ``end`` count batches.

    Raises:
        ConfigError: both ways of naming W, or a value out of range.

    Source: ``transformers.get_linear_schedule_with_warmup``. Case: vidlankd ``lr_schedule``.
    """

    def __init__(
        self, optimizer: OptimizerType, warmup_steps: int = 0, warmup_ratio: float | None = None, accumulation: int = 1, **kwargs: Any
    ) -> None:
        if accumulation < 1 or (warmup_ratio is not None and (warmup_steps or not 0 <= warmup_ratio <= 1)):
            raise ConfigError(
                f"param_scheduler LinearWarmupLR: warmup_steps={warmup_steps}, warmup_ratio={warmup_ratio}, accumulation={accumulation}; "
                "accepted: warmup_steps or a warmup_ratio in [0, 1], accumulation of at least 1"
            )
        if warmup_ratio is not None:
            total = kwargs.get("total_steps") or kwargs.get("end", INF) - kwargs.get("begin", 0)
            warmup_steps = int(total // accumulation * warmup_ratio)
        super().__init__(optimizer, warmup_steps=warmup_steps, start_factor=0.0, accumulation=accumulation, **kwargs)

    @classmethod
    def build_iter_from_epoch(  # type: ignore[override]
        cls, optimizer: OptimizerType, epoch_length: int, warmup_steps: int | None = None, **kwargs: Any
    ) -> "WarmupLR":
        """Build from epochs of ``epoch_length`` batches; in place of ``warmup_steps``, ``warmup_epochs`` counts epochs."""
        if warmup_steps is None:
            return super().build_iter_from_epoch(optimizer, epoch_length, **kwargs)
        total = kwargs.pop("total_epochs", None) or kwargs["end"] - kwargs.get("begin", 0)
        span = {"begin": kwargs.pop("begin", 0) * epoch_length, "end": kwargs.pop("end", INF)}
        span["end"] = span["end"] if span["end"] == INF else span["end"] * epoch_length
        kwargs.pop("by_epoch", None)
        return cls(optimizer, warmup_steps=warmup_steps, total_steps=int(total * epoch_length), by_epoch=False, **span, **kwargs)

    @classmethod
    def lr_at(  # type: ignore[override]
        cls, step: int, base_lr: float, *, warmup_steps: int, total_steps: int, accumulation: int = 1, **_: float
    ) -> float:
        """Return the rate of batch ``step`` (from 0); ``total_steps`` counts batches, ``warmup_steps`` optimizer steps."""
        step, total = step // accumulation, total_steps // accumulation
        if step < warmup_steps:
            return base_lr * step / max(warmup_steps, 1)
        return base_lr * cls.factor(step, warmup_steps, total)

    @staticmethod
    def factor(step: int, warmup_steps: int, total_steps: int) -> float:  # type: ignore[override]
        """Return the share of the base rate at optimizer step ``step``."""
        return max(0.0, (total_steps - step) / max(total_steps - warmup_steps, 1))
