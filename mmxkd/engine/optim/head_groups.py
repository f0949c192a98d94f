"""Parameter groups by what decays and, where asked, by head and rest."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIMIZERS
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

_DECAYING = (nn.Linear, nn.modules.conv._ConvNd)
_HEAD = "head"


def decaying_names(model: nn.Module) -> set[str]:
    """Return the names of the weights of convolutions and linear layers."""
    return {
        f"{prefix}.weight" if prefix else "weight"
        for prefix, module in model.named_modules(remove_duplicate=False)
        if isinstance(module, _DECAYING)
    }


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class HeadGroupConstructor:
    """``optim_wrapper=dict(constructor='HeadGroupConstructor', ...)``: decayed and other parameters, sorted by name.

    Weights of convolutions and linear layers decay; biases, norms, residual and level scales and attention biases do not.

    Args:
        optim_wrapper_cfg: config of the wrapper, with ``optimizer``.
        paramwise_cfg: ``dict(backbone_lr_weight=w)`` makes four groups: of the heads (parameters with "head" in their name), at the
            optimizer's rate, and of the rest, at w times it.

    Raises:
        ConfigError: another key in ``paramwise_cfg``, a negative weight, or nothing to train.

    Source: houzhijian/GroundNLQ ``libs/utils/train_utils.py``, fact sheet section 5; cases ``train_*``.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None) -> None:
        options = dict(paramwise_cfg or {})
        self.backbone_lr_weight: float | None = options.pop("backbone_lr_weight", None)
        if options:
            raise ConfigError(f"optim_wrapper.paramwise_cfg: unknown {sorted(options)}; accepted: ['backbone_lr_weight']")
        if self.backbone_lr_weight is not None and self.backbone_lr_weight < 0:
            raise ConfigError(f"optim_wrapper.paramwise_cfg.backbone_lr_weight={self.backbone_lr_weight}; accepted: at least 0")
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)

    def group_names(self, model: nn.Module) -> list[list[str]]:
        """Return the parameter names of each group: decayed and not, of the heads first where they are apart."""
        names = sorted(name for name, parameter in model.named_parameters() if parameter.requires_grad)
        decaying = decaying_names(model)
        pairs = [[name for name in names if name in decaying], [name for name in names if name not in decaying]]
        if self.backbone_lr_weight is None:
            return pairs
        return [[name for name in group if (_HEAD in name) is is_head] for is_head in (True, False) for group in pairs]

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build optimizer and wrapper for ``model``."""
        inner: Any = model.module if is_model_wrapper(model) else model
        wrapper_cfg = dict(self.optim_wrapper_cfg)
        wrapper_cfg.setdefault("type", "OptimWrapper")
        optimizer_cfg = dict(wrapper_cfg.pop("optimizer"))
        parameters = dict(inner.named_parameters())
        groups: list[dict[str, Any]] = []
        for number, names in enumerate(self.group_names(inner)):
            group: dict[str, Any] = {"params": [parameters[name] for name in names]}
            if number % 2:
                group["weight_decay"] = 0.0
            if self.backbone_lr_weight is not None and number >= 2:
                group["lr"] = optimizer_cfg["lr"] * self.backbone_lr_weight
            groups.append(group)
        if not any(group["params"] for group in groups):
            raise ConfigError("model: every parameter is frozen, there is nothing to train")
        optimizer = OPTIMIZERS.build(optimizer_cfg, default_args={"params": groups})
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})
