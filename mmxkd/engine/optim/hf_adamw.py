"""AdamW as Hugging Face transformers had it before version 5."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIMIZERS


@OPTIMIZERS.register_module()
class HFAdamW(Optimizer):
    """Adam with decoupled weight decay, in the order of steps that the published text models were trained with.

    ``p -= lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps)``, then ``p -= lr * weight_decay * p``. ``torch.optim.AdamW`` adds eps
    after the bias correction and decays before the step, which moves five-step losses by up to 8e-3.

    Args:
        params: parameters or groups.
        lr: learning rate, >= 0.
        betas: decay of the first and second moment, each in [0, 1).
        eps: added to the square root of the second moment, > 0.
        weight_decay: >= 0.
        correct_bias: whether the moments' bias towards zero is corrected.

    Raises:
        ConfigError: a value out of range.

    Source: ``transformers.AdamW`` of versions 2 to 4; cases: vidlankd ``student_*``, ``teacher_tiny``, anticipation ``teacher_*``.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        correct_bias: bool = True,
    ) -> None:
        if lr < 0 or eps <= 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            raise ConfigError(
                f"HFAdamW: lr={lr}, betas={tuple(betas)}, eps={eps}, weight_decay={weight_decay}; accepted: lr >= 0, betas in [0, 1), "
                "eps > 0, weight_decay >= 0"
            )
        defaults = dict(lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay, correct_bias=correct_bias)
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Update every parameter that has a gradient; return what ``closure`` returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            params = [parameter for parameter in group["params"] if parameter.grad is not None]
            if params:
                self._update(params, group)
        return loss

    def _update(self, params: list[Tensor], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        for parameter in params:
            state = self.state[parameter]
            if not state:
                state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
            state["step"] += 1
        grads: list[Tensor] = [parameter.grad for parameter in params]  # type: ignore[misc]
        first = [self.state[parameter]["exp_avg"] for parameter in params]
        second = [self.state[parameter]["exp_avg_sq"] for parameter in params]
        torch._foreach_mul_(first, beta1)
        torch._foreach_add_(first, grads, alpha=1 - beta1)
        torch._foreach_mul_(second, beta2)
        torch._foreach_addcmul_(second, grads, grads, value=1 - beta2)
        denominators = torch._foreach_sqrt(second)
        torch._foreach_add_(denominators, group["eps"])
        factors = [-group["lr"] * self._correction(parameter, group) for parameter in params]
        torch._foreach_addcdiv_(params, first, denominators, factors)
        if group["weight_decay"]:
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])

    def _correction(self, parameter: Tensor, group: dict[str, Any]) -> float:
        if not group["correct_bias"]:
            return 1.0
        beta1, beta2 = group["betas"]
        step = self.state[parameter]["step"]
        return float((1 - beta2**step) ** 0.5 / (1 - beta1**step))
