"""Biases and batch norms in a parameter group of their own."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS


def split_biases(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return (the rest, names that end in ``bias`` or hold ``.bn``): trainable parameters, each once, in the model's order."""
    rest: list[nn.Parameter] = []
    biases: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (biases if name.endswith("bias") or ".bn" in name else rest).append(parameter)
    return rest, biases


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class BiasDecayConstructor:
    """``optim_wrapper=dict(constructor='BiasDecayConstructor', ...)``: two parameter groups, see ``split_biases``.

    The first has the optimizer's ``weight_decay``, the second that times a factor. Frozen parameters are in neither. Layer norms other
    than their biases decay like any weight, as published.

    Args:
        optim_wrapper_cfg: config of the wrapper, with ``optimizer``.
        paramwise_cfg: ``dict(bias_bn_decay_mult=1.0)``, the factor.

    Raises:
        ConfigError: another key in ``paramwise_cfg``, a negative factor, or nothing to train.

    Source: facebookresearch/AVT ``train_net.py`` (``bias_bn_wd_scale``). Case: anticipation ``student_kd_traj_*``.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None) -> None:
        options = dict(paramwise_cfg or {})
        self.factor = float(options.pop("bias_bn_decay_mult", 1.0))
        if options or self.factor < 0:
            raise ConfigError(
                f"optim_wrapper.paramwise_cfg={dict(paramwise_cfg or {})}; accepted: ['bias_bn_decay_mult'], a factor of at least 0"
            )
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build optimizer and wrapper for ``model``."""
        inner: Any = model.module if is_model_wrapper(model) else model
        rest, biases = split_biases(inner)
        if not rest and not biases:
            raise ConfigError("model: every parameter is frozen, there is nothing to train")
        wrapper_cfg = dict(self.optim_wrapper_cfg)
        wrapper_cfg.setdefault("type", "OptimWrapper")
        optimizer_cfg = dict(wrapper_cfg.pop("optimizer"))
        groups = [{"params": rest}, {"params": biases, "weight_decay": optimizer_cfg.get("weight_decay", 0.0) * self.factor}]
        optimizer = OPTIMIZERS.build(optimizer_cfg, default_args={"params": groups})
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})
