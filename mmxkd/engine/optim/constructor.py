"""Which parameters weight decay acts on."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS


def split_parameters(model: nn.Module, published_no_decay: bool = False) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return (decayed, not decayed) trainable parameters, each once, in the model's order.

    Weights of more than one axis decay; biases and vectors (norms, scales) do not. ``published_no_decay`` puts every parameter into
    the second group, as the DVFL-Net release does by an empty keyword that matches every name.
    """
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and name.rpartition(".")[2] != "bias" and not published_no_decay
            (decayed if decays else kept).append(parameter)
    return decayed, kept


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class DecayByShapeConstructor:
    """``optim_wrapper=dict(constructor='DecayByShapeConstructor', ...)``: two parameter groups, see ``split_parameters``.

    The first group has the optimizer's ``weight_decay``, the second none. Frozen parameters are in neither.

    Args:
        optim_wrapper_cfg: config of the wrapper, with ``optimizer``.
        paramwise_cfg: ``dict(published_no_decay=True)`` for the behaviour of the release.

    Raises:
        ConfigError: another key in ``paramwise_cfg``, or nothing to train.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None) -> None:
        options = dict(paramwise_cfg or {})
        self.published_no_decay = bool(options.pop("published_no_decay", False))
        if options:
            raise ConfigError(f"optim_wrapper.paramwise_cfg: unknown {sorted(options)}; accepted: ['published_no_decay']")
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build optimizer and wrapper for ``model``."""
        inner: Any = model.module if is_model_wrapper(model) else model
        decayed, kept = split_parameters(inner, self.published_no_decay)
        if not decayed and not kept:
            raise ConfigError("model: every parameter is frozen, there is nothing to train")
        wrapper_cfg = dict(self.optim_wrapper_cfg)
        wrapper_cfg.setdefault("type", "OptimWrapper")
        groups = [{"params": decayed}, {"params": kept, "weight_decay": 0.0}]
        optimizer = OPTIMIZERS.build(wrapper_cfg.pop("optimizer"), default_args={"params": groups})
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})
