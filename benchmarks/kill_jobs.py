"""A small training run of each system, on data made on the spot: what ``benchmarks.kills`` kills."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Job = tuple[str, dict[str, Any]]


def make_dvfl(folder: Path) -> Job:
    """Return config and options of a student under an online teacher, with checkpoints inside the epochs."""
    from mmxkd.apis.configs import load_config
    from mmxkd.datasets.puppet.ucf_layout import write_world
    from mmxkd.datasets.puppet.world import PuppetWorld
    from mmxkd.registry import MODELS

    write_world(PuppetWorld(train_groups=4, test_groups=1, clips=2, frames=12, labelled_groups=1), folder / "puppet", workers=1)
    config = "configs/puppet/dvfl_kd.py"
    torch.manual_seed(0)
    teacher = MODELS.build(load_config(config).model.teacher.model)
    torch.save({"state_dict": teacher.state_dict(), "meta": {}}, folder / "teacher.pth")
    options = {
        **_by_step(7),
        "model.teacher.checkpoint": str(folder / "teacher.pth"),
        "model.teacher.gate.min_accuracy": 0.0,
        "model.student.backbone.embed_dim": 4,
        "model.student.head.in_features": 32,
        "train_dataloader.sampler.passes": 4,
        "train_dataloader.batch_size": 8,
        "train_cfg.max_epochs": 5,
        "train_cfg.val_interval": 2,
        "param_scheduler.warmup_epochs": 1,
        "test_dataloader.dataset.data_root": str(folder / "puppet"),
        "val_dataloader.dataset.data_root": str(folder / "puppet"),
        "train_dataloader.dataset.data_root": str(folder / "puppet"),
    }
    return config, options


def _by_step(interval: int) -> dict[str, Any]:
    return {"default_hooks.checkpoint.by_epoch": False, "default_hooks.checkpoint.interval": interval}


#: System -> function that makes the data below a folder and returns (config, options).
SYSTEMS: dict[str, Callable[[Path], Job]] = {"dvfl": make_dvfl}
