"""A tiny puppet world and the published recipe made small, for whole runs through the command lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """A UCF101-layout folder: 4 classes, 4 training groups, 2 test groups, one clip each."""
    from mmxkd.datasets.puppet.ucf_layout import write_world
    from mmxkd.datasets.puppet.world import PuppetWorld

    out = tmp_path_factory.mktemp("world")
    write_world(PuppetWorld(train_groups=4, test_groups=2, clips=1, classes=4, frames=12, labelled_groups=1), out, workers=1)
    return out


@pytest.fixture(scope="session")
def small(world) -> list[str]:
    """Options that turn a config of the 8 x 224 x 224 recipe into one that trains in seconds."""
    tiny = ["embed_dim=4", "depths=[1,1]", "focal_levels=[1,1]", "focal_windows=[3,3]"]
    options = [f"model.student.backbone.{item}" for item in tiny] + [f"model.teacher.model.backbone.{item}" for item in tiny]
    options += ["model.student.head.in_features=8", "model.teacher.model.head.in_features=8", "model.student.init_cfg=None"]
    options += ["model.student.head.num_classes=4", "model.teacher.model.head.num_classes=4"]
    options += ["model.student.data_preprocessor.mix.num_classes=4", "model.teacher.gate.min_accuracy=0.0"]
    for split in ("train", "val", "test"):
        options += [f"{split}_dataloader.dataset.data_root={world}", f"{split}_dataloader.num_workers=0"]
        options += [f"{split}_dataloader.persistent_workers=False", f"{split}_dataloader.pin_memory=False"]
    sampler = ["train_dataloader.batch_size=2", "train_dataloader.sampler.block_size=2", "model.student.data_preprocessor.mix.block_size=2"]
    return [*options, *sampler, "param_scheduler.warmup_epochs=1", "train_cfg.max_epochs=2"]


@pytest.fixture(scope="session")
def teacher(world, tmp_path_factory) -> Path:
    """A checkpoint that fits the teacher of ``small``."""
    import torch

    from mmxkd.registry import MODELS

    backbone = dict(type="VideoFocalNet", embed_dim=4, depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3])
    head = dict(type="LinearHead", num_classes=4, in_features=8)
    torch.manual_seed(0)
    model = MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=head))
    path = tmp_path_factory.mktemp("teacher") / "teacher.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return path


@pytest.fixture(scope="session")
def run():
    """Run a command of the repository; returns the finished process with its output."""

    def call(*command: str, check: bool = True, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), **env}
        done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)
        if check and done.returncode:
            pytest.fail(f"{command[0]} {command[1]} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    return call
