"""Training from a config."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmxkd.apis.arguments import accepted_arguments
from mmxkd.apis.configs import check_config, load_config, walk_datasets
from mmxkd.apis.environment import check_sharding, close_environment, init_environment, wrap_for_cpu
from mmxkd.apis.preflight import check_training
from mmxkd.engine.runner import DistillRunner
from mmxkd.errors import ConfigError
from mmxkd.registry import DATASETS


def prepare_training(
    config: str | Path,
    *,
    work_dir: str | None = None,
    resume: bool | str = False,
    amp: bool = False,
    auto_scale_lr: bool = False,
    options: Mapping[str, Any] | None = None,
    launcher: str = "none",
) -> Config:
    """Return the complete config of a training run after every check that needs no model; arguments as in ``train``.

    Raises:
        ConfigError: see ``load_config``, ``check_config`` and ``check_training``.
    """
    cfg = load_config(config, options)
    cfg.launcher = launcher
    cfg.work_dir = work_dir or cfg.get("work_dir") or os.path.join("work_dirs", Path(config).stem)
    for key in ("model", "train_dataloader", "train_cfg", "optim_wrapper"):
        if cfg.get(key) is None:
            raise ConfigError(f"{config}: {key} is not set; training needs it")
    if amp:
        use_autocast(cfg)
    if auto_scale_lr:
        if "base_batch_size" not in (cfg.get("auto_scale_lr") or {}):
            raise ConfigError("--auto-scale-lr: the config has no auto_scale_lr.base_batch_size, the batch its learning rate is meant for")
        cfg.auto_scale_lr.enable = True
    set_resume(cfg, resume)
    wrap_for_cpu(cfg)
    check_config(cfg)
    check_sharding(cfg)
    share_seed(cfg)
    check_training(cfg)
    return cfg


def train(
    config: str | Path,
    *,
    work_dir: str | None = None,
    resume: bool | str = False,
    amp: bool = False,
    auto_scale_lr: bool = False,
    options: Mapping[str, Any] | None = None,
    launcher: str = "none",
) -> DistillRunner:
    """Train as a config says, and return the runner.

    Args:
        config: config file.
        work_dir: folder of logs and checkpoints; default the config's, else ``work_dirs/<config name>``.
        resume: a checkpoint to resume from, whatever lies in ``work_dir``; ``True``: the last one in ``work_dir``, if any.
        amp: mixed precision, see ``use_autocast``.
        auto_scale_lr: scale the learning rate with the batch over all processes.
        options: dotted config key -> value, put over the config.
        launcher: ``none``, ``pytorch`` or ``slurm``, see ``init_environment``.

    Raises:
        UserError: see ``prepare_training``, and whatever the data turn out to be.
    """
    cfg = prepare_training(
        config, work_dir=work_dir, resume=resume, amp=amp, auto_scale_lr=auto_scale_lr, options=options, launcher=launcher
    )
    init_environment(launcher, (cfg.get("env_cfg") or {}).get("dist_cfg"))
    runner = DistillRunner.from_cfg(cfg)
    runner.train()
    close_environment()
    return runner


def use_autocast(cfg: Config) -> None:
    """Make the config's optimizer wrapper ``AutocastOptimWrapper``: bfloat16, or float16 on GPUs that lack it.

    Raises:
        ConfigError: the config has a wrapper of its own.
    """
    wrapper = cfg.optim_wrapper
    if wrapper.get("type", "OptimWrapper") not in ("OptimWrapper", "AutocastOptimWrapper"):
        raise ConfigError(f"--amp: optim_wrapper.type={wrapper.type!r} has its own precision; accepted: 'OptimWrapper'")
    wrapper.type = "AutocastOptimWrapper"
    has_bfloat16 = not torch.cuda.is_available() or torch.cuda.is_bf16_supported()
    if wrapper.get("dtype", "float32") == "float32":
        wrapper.dtype = "bfloat16" if has_bfloat16 else "float16"


def set_resume(cfg: Config, resume: bool | str) -> None:
    """Write into ``cfg`` what to resume from: ``resume`` if it names a file, else the last checkpoint, else nothing.

    MMEngine would resume from ``load_from``, the weights to start from, where the work folder has no checkpoint yet.

    Raises:
        ConfigError: the named file does not exist.
    """
    if isinstance(resume, str):
        if not Path(resume).is_file():
            raise ConfigError(f"--resume {resume}: no such file; accepted: a checkpoint, or no value for the last one in the work folder")
        cfg.resume, cfg.load_from = True, resume
    elif resume or cfg.resume:
        last = find_last_checkpoint(cfg.work_dir)
        cfg.resume = last is not None
        cfg.load_from = str(last) if last else cfg.load_from


def find_last_checkpoint(work_dir: str | Path) -> Path | None:
    """Return the checkpoint written last into ``work_dir``.

    MMEngine notes it in ``last_checkpoint``; where that is damaged or names a folder that was moved, the newest file counts.
    """
    folder = Path(work_dir)
    note = folder / "last_checkpoint"
    if note.is_file():
        noted = Path(note.read_text().strip() or ".")
        for path in (noted, folder / noted.name):
            if path.is_file():
                return path
    files = [*folder.glob("epoch_*.pth"), *folder.glob("iter_*.pth")]
    return max(files, key=lambda path: path.stat().st_mtime_ns, default=None)


def share_seed(cfg: Config) -> None:
    """Give the run's seed to the data sets that take one and name none.

    Raises:
        ConfigError: ``randomness.seed`` is no integer; a run without a seed could not be resumed exactly.
    """
    cfg.setdefault("randomness", {"seed": 0})
    seed = cfg.randomness.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise ConfigError(f"randomness.seed={seed!r}; accepted: an integer")
    for split in ("train", "val", "test"):
        loader = cfg.get(f"{split}_dataloader") or {}
        for _, dataset in walk_datasets(loader.get("dataset") or {}, split):
            cls = DATASETS.get(dataset.get("type")) if isinstance(dataset.get("type"), str) else dataset.get("type")
            if cls is not None and "seed" in (accepted_arguments(cls) or ()):
                dataset.setdefault("seed", seed)
