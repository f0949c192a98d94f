"""A model whose parameters are spread over the processes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mmengine.device import get_device
from mmengine.dist import broadcast, get_world_size
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from mmxkd.errors import ConfigError
from mmxkd.registry import MODEL_WRAPPERS


@MODEL_WRAPPERS.register_module()
class FullyShard(nn.Module):
    """Shard a model by torch's ``fully_shard`` (FSDP2): ``model_wrapper_cfg=dict(type='mmxkd.FullyShard', shard=['...Block'])``.

    Parameters, gradients and optimizer states are spread over all processes, on GPUs or on the CPU. Checkpoints stay what they are
    without it: whole tensors under the model's own names, see ``gathered``. The model is initialised before it is sharded.

    Args:
        module: the model.
        shard: class names of modules that are gathered one at a time; what is in none of them is gathered together. They must be
            called as modules (``block(x)``), not by other methods.

    Raises:
        ConfigError: a class name that no module of the model has.
    """

    def __init__(self, module: nn.Module, shard: Sequence[str] = ()) -> None:
        super().__init__()
        initialize = getattr(module, "init_weights", None)
        if callable(initialize):
            initialize()
        for value in module.state_dict().values():
            broadcast(value)
        mesh = init_device_mesh(get_device().partition(":")[0], (get_world_size(),))
        for name in shard:
            chosen = [part for part in module.modules() if type(part).__name__ == name]
            if not chosen:
                known = sorted({type(part).__name__ for part in module.modules()})
                raise ConfigError(f"model_wrapper_cfg.shard: no module is a {name!r}; the model has {', '.join(known)}")
            for part in chosen:
                fully_shard(part, mesh=mesh)
        fully_shard(module, mesh=mesh)
        self.module: Any = module
        module.register_load_state_dict_pre_hook(_shard_loaded)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model; shapes (N, ...) are its own."""
        return self.module(*args, **kwargs)

    def train_step(self, data: Any, optim_wrapper: Any) -> dict[str, Tensor]:
        """Take the model's training step."""
        return self.module.train_step(data, optim_wrapper)

    def val_step(self, data: Any) -> list:
        """Take the model's validation step."""
        return self.module.val_step(data)

    def test_step(self, data: Any) -> list:
        """Take the model's test step."""
        return self.module.test_step(data)

    @contextmanager
    def gathered(self, optimizer: Optimizer) -> Iterator[None]:
        """Let ``state_dict()`` of model and optimizer give whole tensors inside the block; all processes must enter it."""
        weights, states = gather(self.module.state_dict()), gather(optimizer.state_dict())
        handles = [
            self.module.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(weights)),
            optimizer.register_state_dict_post_hook(lambda optimizer, state: states),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def gather(value: Any) -> Any:
    """Return ``value`` with the sharded tensors in it replaced by whole ones; all processes must call it."""
    if isinstance(value, DTensor):
        return value.full_tensor()
    if isinstance(value, Mapping):
        return {key: gather(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(gather(item) for item in value)
    return value


def shard_like(value: Any, parameter: Tensor) -> Any:
    """Return this process's part of a whole tensor that is shaped like the sharded ``parameter``; anything else as it is."""
    if isinstance(parameter, DTensor) and isinstance(value, Tensor) and not isinstance(value, DTensor) and value.shape == parameter.shape:
        return distribute_tensor(value.to(parameter.device), parameter.device_mesh, parameter.placements, src_data_rank=None)
    return value


def shard_optimizer_state(optimizer: Optimizer, state: dict[str, Any]) -> dict[str, Any]:
    """Return a whole optimizer state, spread like the optimizer's parameters; a pre-hook of ``load_state_dict``."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    spread = {
        number: {name: shard_like(value, parameters[number]) for name, value in entries.items()}
        for number, entries in state["state"].items()
    }
    return {**state, "state": spread}


def _shard_loaded(module: nn.Module, state: dict[str, Any], prefix: str, *args: Any) -> None:
    for name, parameter in module.named_parameters():
        if prefix + name in state:
            state[prefix + name] = shard_like(state[prefix + name], parameter)
