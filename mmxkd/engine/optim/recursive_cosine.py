"""The schedule of the Anticipative Video Transformer: a cosine that goes on from wherever warm-up stopped."""

import logging
import math
from typing import Any

from mmengine.logging import print_log

from mmxkd.engine.optim.schedules import WarmupLR
from mmxkd.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class RecursiveCosineLR(WarmupLR):
    """Linear warm-up, then a cosine from the last value of the warm-up, as PyTorch's recursive ``CosineAnnealingLR`` goes on.

    With base rate b, warm-up of W steps, T in all, e the steps since the last one of the warm-up:
    k < W: ``b * (s + (1 - s) * k / W) + offset``; then, from a = the value of step W - 1 (b + offset where W = 0),
    ``m + (a - m) * (1 + cos(pi * e / (T - W))) / 2`` with m = ``min_factor * b``; from e = T - W on, ``final_lr``.
    The peak is therefore b * (W - 1) / W, not b. In closed form: nothing but the step is remembered.

    Args:
        warmup_steps, total_steps, start_factor, delay: see ``WarmupLR``; ``start_factor`` is 0 here by default.
        min_factor: m as a share of the base rate.
        offset: absolute rate added to every value of the warm-up; the fork that distils has 1e-7.
        final_lr: absolute rate from the end of the cosine on; ``None`` = m. The published codes ignore m there: 0, the fork 3e-7.

    Raises:
        ConfigError: a value below 0.

    Source: facebookresearch/AVT and sayontang/Action_Anticipation ``common/scheduler.py``. Case: anticipation ``lr_schedule``.
    """

    def __init__(
        self,
        optimizer: Any,
        warmup_steps: int = 0,
        start_factor: float = 0.0,
        min_factor: float = 0.0,
        offset: float = 0.0,
        final_lr: float | None = None,
        **kwargs: Any,
    ) -> None:
        rule: dict[str, Any] = {"min_factor": min_factor, "offset": offset}
        if final_lr is not None:
            rule["final_lr"] = final_lr
        if warmup_steps == 1 and start_factor + offset == 0:
            print_log(
                "param_scheduler RecursiveCosineLR: a warm-up of one step ends at 0, from which the cosine goes on; nothing is learnt",
                "current",
                logging.WARNING,
            )
        super().__init__(optimizer, warmup_steps=warmup_steps, start_factor=start_factor, **rule, **kwargs)

    @classmethod
    def lr_at(  # type: ignore[override]
        cls,
        step: int,
        base_lr: float,
        *,
        warmup_steps: int,
        total_steps: int,
        start_factor: float = 0.0,
        delay: int = 0,
        min_factor: float = 0.0,
        offset: float = 0.0,
        final_lr: float | None = None,
    ) -> float:
        """Return the rate step ``step`` (from 0) uses; arguments as in the class."""
        index = max(step // delay * delay - 1, 0) if delay else step
        warm = min(index, warmup_steps - 1) if warmup_steps else 0
        factor = start_factor + (1 - start_factor) * warm / warmup_steps if warmup_steps else 1.0
        reached = base_lr * factor + offset
        done, length = index - max(warmup_steps - 1, 0), total_steps - warmup_steps
        if done <= 0:
            return reached
        least = base_lr * min_factor
        if done >= length:
            return least if final_lr is None else final_lr
        # (1 + cos x) / 2 = cos(x / 2)^2, which keeps its digits near the end.
        return least + (reached - least) * math.cos(math.pi * done / length / 2) ** 2

    @staticmethod
    def factor(step: int, warmup_steps: int, total_steps: int, **rule: float) -> float:
        """Return the share of the base rate at ``step`` >= ``warmup_steps``, absolute rates left out."""
        return RecursiveCosineLR.lr_at(
            step, 1.0, warmup_steps=warmup_steps, total_steps=total_steps, min_factor=rule.get("min_factor", 0.0)
        )
