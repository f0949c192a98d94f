"""MMEngine's Runner with what it leaves out."""

from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmxkd.datasets.parcel import ParcelCollate
from mmxkd.engine.wrappers import FullyShard, shard_optimizer_state


class _FormattedConfig(Config):
    """A config that is formatted once for all the places a run writes it to: log, folder, visualizer, every checkpoint."""

    _last: tuple[str, str] | None = None

    @property
    def pretty_text(self) -> str:
        """Return the config as text; it is formatted anew when it has changed."""
        content = repr(self._cfg_dict)
        if _FormattedConfig._last is None or _FormattedConfig._last[0] != content:
            _FormattedConfig._last = content, super().pretty_text
        return _FormattedConfig._last[1]


class DistillRunner(Runner):
    """Runner that scales learning rates with accumulation too, hands batches over in one piece, and saves and resumes sharded models."""

    @classmethod
    def from_cfg(cls, cfg: Config | ConfigDict | dict[str, Any]) -> "DistillRunner":
        """Build a runner from a config, whose keys are the arguments of MMEngine's ``Runner``."""
        if isinstance(cfg, Config):
            cfg = _FormattedConfig(cfg._cfg_dict, cfg.text, cfg.filename, cfg.env_variables)
        return super().from_cfg(cfg)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict[str, Any] | ConfigDict, seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader:
        """Build a loader whose workers send a batch as one piece, see ``ParcelCollate``; one that is built already stays as it is."""
        built = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        if built is not dataloader:
            built.collate_fn = ParcelCollate(built.collate_fn)
        return built

    def scale_lr(self, optim_wrapper: OptimWrapper, auto_scale_lr: dict[str, Any] | None = None) -> None:
        """Scale the rates of ``optim_wrapper``'s groups; called before the schedules are built.

        With ``auto_scale_lr=dict(enable=True, base_batch_size=B)`` the rate is multiplied by batch_size * processes *
        accumulative_counts / B; MMEngine leaves the last factor out. Source of the rule: fact sheet section 5.
        """
        if auto_scale_lr is None or not auto_scale_lr.get("enable") or not isinstance(optim_wrapper, OptimWrapper):
            return
        base = auto_scale_lr["base_batch_size"] / optim_wrapper._accumulative_counts
        before = optim_wrapper.optimizer.param_groups[0]["lr"]
        super().scale_lr(optim_wrapper, {**auto_scale_lr, "base_batch_size": base})
        if optim_wrapper.base_param_settings is not None:
            # What the log shows as ``base_lr`` beside several groups.
            optim_wrapper.base_param_settings["lr"] *= optim_wrapper.optimizer.param_groups[0]["lr"] / before

    def build_optim_wrapper(self, optim_wrapper: Any) -> OptimWrapper:
        """Build the wrapper; the optimizer of a sharded model loads whole states."""
        is_built = isinstance(optim_wrapper, OptimWrapper)
        built = super().build_optim_wrapper(optim_wrapper)
        if isinstance(self.model, FullyShard) and not is_built:
            built.optimizer.register_load_state_dict_pre_hook(shard_optimizer_state)
        return built

    def _init_model_weights(self) -> None:
        """Initialise the model, unless it was before it was sharded."""
        if not isinstance(self.model, FullyShard):
            super()._init_model_weights()

    def save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint on rank 0; the processes of a sharded model gather its tensors first."""
        if not isinstance(self.model, FullyShard):
            super().save_checkpoint(*args, **kwargs)
            return
        with self.model.gathered(self.optim_wrapper.optimizer):
            super().save_checkpoint(*args, **kwargs)
