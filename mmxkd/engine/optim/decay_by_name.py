"""Weight decay by parameter names, as Hugging Face's scripts group them."""

from collections.abc import Sequence
from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS


def split_by_name(model: nn.Module, no_decay: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names of (decayed, not decayed) trainable parameters: the latter contain one of ``no_decay``."""
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    kept = [name for name in names if any(part in name for part in no_decay)]
    return [name for name in names if name not in set(kept)], kept


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class DecayByNameConstructor:
    """``optim_wrapper=dict(constructor='DecayByNameConstructor', ...)``: two parameter groups, see ``split_by_name``.

    The default names leave a ``layer_norm.weight`` decayed, as the KD heads of zinengtang/VidLanKD were; ``DecayByShapeConstructor``
    exempts every norm.

    Args:
        optim_wrapper_cfg: config of the wrapper, with ``optimizer``.
        paramwise_cfg: ``dict(no_decay=[...])``; default ``bias`` and ``LayerNorm.weight``.

    Raises:
        ConfigError: another key in ``paramwise_cfg``, or nothing to train.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None) -> None:
        options = dict(paramwise_cfg or {})
        self.no_decay = list(options.pop("no_decay", ("bias", "LayerNorm.weight")))
        if options:
            raise ConfigError(f"optim_wrapper.paramwise_cfg: unknown {sorted(options)}; accepted: ['no_decay']")
        self.optim_wrapper_cfg = dict(optim_wrapper_cfg)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build optimizer and wrapper for ``model``."""
        inner: Any = model.module if is_model_wrapper(model) else model
        names, parameters = split_by_name(inner, self.no_decay), dict(inner.named_parameters())
        if not any(names):
            raise ConfigError("model: every parameter is frozen, there is nothing to train")
        decayed, kept = ([parameters[name] for name in group] for group in names)
        wrapper_cfg = dict(self.optim_wrapper_cfg)
        wrapper_cfg.setdefault("type", "OptimWrapper")
        groups = [{"params": decayed}, {"params": kept, "weight_decay": 0.0}]
        optimizer = OPTIMIZERS.build(wrapper_cfg.pop("optimizer"), default_args={"params": groups})
        return OPTIM_WRAPPERS.build(wrapper_cfg, default_args={"optimizer": optimizer})
