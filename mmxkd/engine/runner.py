"""MMEngine's Runner with what it leaves out."""

from typing import Any

from mmengine.optim import OptimWrapper
from mmengine.runner import Runner


class AccumulatingRunner(Runner):
    """Runner whose learning-rate scaling counts the batches of an accumulated step.

    With ``auto_scale_lr=dict(enable=True, base_batch_size=B)`` the rate is multiplied by batch_size * processes *
    accumulative_counts / B; MMEngine leaves the last factor out. Source of the rule: fact sheet section 5.
    """

    def scale_lr(self, optim_wrapper: OptimWrapper, auto_scale_lr: dict[str, Any] | None = None) -> None:
        """Scale the rates of ``optim_wrapper``'s groups; called before the schedules are built."""
        if (auto_scale_lr or {}).get("enable") and isinstance(optim_wrapper, OptimWrapper):
            counts = optim_wrapper._accumulative_counts
            auto_scale_lr = {**auto_scale_lr, "base_batch_size": auto_scale_lr["base_batch_size"] / counts}
        super().scale_lr(optim_wrapper, auto_scale_lr)
