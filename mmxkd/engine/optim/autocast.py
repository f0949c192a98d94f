"""Mixed precision on whichever device, and how often gradients are clipped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn
from torch.optim import Optimizer

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPERS

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """MMEngine's wrapper under ``torch.autocast``, on the CPU too (its own AMP wrapper refuses that).

    Args:
        optimizer: the optimizer.
        dtype: ``bfloat16``, ``float16`` (with loss scaling) or ``float32`` (no autocast).
        init_scale: first loss scale of ``float16``; it adapts afterwards.
        clip_every_micro_step: clip the gradient accumulated so far after every batch of an accumulated step, as the DVFL-Net
            release does, instead of once before the optimizer step.
        accumulative_counts: batches per optimizer step.
        clip_grad: arguments of ``clip_grad_norm_``, e.g. ``dict(max_norm=5.0)``.

    Raises:
        ConfigError: an unknown dtype, or ``clip_every_micro_step`` without ``clip_grad`` or with ``float16``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        dtype: str = "bfloat16",
        init_scale: float = 65536.0,
        clip_every_micro_step: bool = False,
        accumulative_counts: int = 1,
        clip_grad: dict[str, Any] | None = None,
    ) -> None:
        if dtype not in _DTYPES:
            raise ConfigError(f"optim_wrapper.dtype={dtype!r}; accepted: {', '.join(_DTYPES)}")
        if clip_every_micro_step and (clip_grad is None or dtype == "float16"):
            raise ConfigError("optim_wrapper.clip_every_micro_step=True; accepted only with clip_grad and without dtype='float16'")
        super().__init__(optimizer, accumulative_counts, clip_grad)
        self.dtype = _DTYPES[dtype]
        self.clip_every_micro_step = clip_every_micro_step
        self.device_type = get_device().partition(":")[0]
        self.scaler = torch.amp.GradScaler(self.device_type, init_scale=init_scale, enabled=dtype == "float16")

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass inside under autocast."""
        cast = torch.autocast(self.device_type, dtype=self.dtype, enabled=self.dtype != torch.float32)
        with super().optim_context(model), cast:
            yield

    def backward(self, loss: torch.Tensor, **kwargs: Any) -> None:
        """Propagate the loss, scaled for ``float16``."""
        super().backward(self.scaler.scale(loss), **kwargs)
        if self.clip_every_micro_step:
            self._clip_grad()

    def step(self, **kwargs: Any) -> None:
        """Clip, unless that was done after every batch, and update the parameters."""
        if self.clip_grad_kwargs and not self.clip_every_micro_step:
            self.scaler.unscale_(self.optimizer)
            self._clip_grad()
        self.scaler.step(self.optimizer, **kwargs)
        self.scaler.update()

    def should_sync(self) -> bool:
        """Say whether this batch's gradients go over all ranks: what is clipped has to be the same on each."""
        return self.clip_every_micro_step or super().should_sync()

    def state_dict(self) -> dict:
        """Return the optimizer's state and that of the loss scale."""
        state = super().state_dict()
        if self.scaler.is_enabled():
            state["loss_scaler"] = self.scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Load what ``state_dict`` returned."""
        scaler = state_dict.pop("loss_scaler", None)
        if scaler is not None and self.scaler.is_enabled():
            self.scaler.load_state_dict(scaler)
        super().load_state_dict(state_dict)
