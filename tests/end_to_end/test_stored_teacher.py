"""The same job online and from a store: dumped and trained through the command lines, batches mixed or not."""

import argparse
import json
import os
import traceback
from pathlib import Path

import pytest
import torch

from mmxkd.apis.configs import ConfigOptions, check_config, load_config
from mmxkd.apis.store_checks import check_store
from mmxkd.apis.teacher_store import dump_store
from mmxkd.apis.train import train

ROOT = Path(__file__).resolve().parents[2]

#: Puppet, unmixed, and the published recipe made small, mixed in blocks of 2.
JOBS = {"puppet": "configs/puppet/dvfl_kd.py", "mixed": "configs/dvfl/ucf101_kd.py"}


@pytest.fixture
def forked():
    """Call a function in a forked process: MMEngine keeps logs and hubs of all runs of a process."""

    def call(function, *args, **kwargs):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                torch.set_num_threads(1)
                function(*args, **kwargs)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, function

    return call


def losses(work):
    """Return the logged losses, one dict a step."""
    found = []
    for path in sorted(work.glob("*/vis_data/*.json")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if "loss_kd" in row:
                found.append({key: row[key] for key in ("loss", "loss_kd", "loss_cls", "grad_norm") if key in row})
    return found


@pytest.fixture
def options(small, teacher, world):
    """Return options of a job: shared by online and stored, and the online teacher's checkpoint."""

    def build(name):
        shared = [item for item in small if "teacher" not in item]
        if name == "puppet":
            keep = (
                "embed_dim",
                "depths",
                "focal_levels",
                "focal_windows",
                "in_features",
                "num_classes=",
                "data_root",
                "max_epochs",
                "warmup",
            )
            shared = [item for item in shared if any(word in item for word in keep) and "mix" not in item]
            shared += ["model.student.backbone.img_size=56", "train_dataloader.batch_size=2", "train_dataloader.sampler.passes=2"]
            shared += ["train_dataloader.num_workers=0"]
        shared += [
            "val_cfg=None",
            "val_dataloader=None",
            "val_evaluator=None",
            "default_hooks.logger.interval=1",
            "log_processor.window_size=1",
        ]
        model = ["embed_dim=4", "depths=[1,1]", "focal_levels=[1,1]", "focal_windows=[3,3]"]
        online = [f"model.teacher.model.backbone.{item}" for item in model]
        online += ["model.teacher.model.head.in_features=8", "model.teacher.model.head.num_classes=4"]
        return shared, [*online, f"model.teacher.checkpoint={teacher}", "model.teacher.gate.min_accuracy=0.0"]

    return build


@pytest.mark.long
@pytest.mark.parametrize("name", JOBS)
def test_stored_losses_are_the_online_ones(forked, options, tmp_path, monkeypatch, name):
    monkeypatch.chdir(ROOT)
    config = JOBS[name]
    shared, online = options(name)
    if name == "puppet":
        online = [item for item in online if "checkpoint" not in item] + _puppet_teacher(tmp_path)
    store = str(tmp_path / "store")
    # Two epochs are stored and three are trained: the views of the first come again.
    shared += ["train_dataloader.sampler.recur=2", "train_cfg.max_epochs=3"]
    both = parse([*shared, *online])
    check_config(load_config(config, both))  # imports, once for all children
    forked(dump_store, config, out=store, epochs=2, dtype="fp32", options=both)
    forked(_check, store, config, both)
    forked(train, config, work_dir=str(tmp_path / "online"), options=both)
    stored = parse([*shared, f"model.teacher.store={store}", "model.teacher.gate.min_accuracy=0.0"])
    forked(train, config.replace("kd.py", "kd_stored.py"), work_dir=str(tmp_path / "stored"), options=stored)
    one, other = losses(tmp_path / "online"), losses(tmp_path / "stored")
    assert len(one) == len(other) >= 8
    for left, right in zip(one, other, strict=True):
        assert left.keys() == right.keys()
        assert all(right[key] == pytest.approx(value, rel=1e-4, abs=1e-6) for key, value in left.items()), (left, right)
    assert len({row["loss_kd"] for row in one}) > 4


def _check(store, config, options):
    found = check_store(store, config, samples=8, options=options)
    assert found.passed
    assert found.rows >= 8
    assert max(found.errors.values()) < 1e-5


def parse(pairs):
    parser = argparse.ArgumentParser()
    parser.add_argument("--cfg-options", nargs="+", action=ConfigOptions, default={})
    return parser.parse_args(["--cfg-options", *pairs]).cfg_options


def _puppet_teacher(folder):
    from mmxkd.registry import MODELS

    backbone = dict(type="VideoFocalNet", img_size=56, embed_dim=4, depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3])
    backbone.update(tubelet_size=2, temporal_identity=True)
    model = MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=dict(type="LinearHead", num_classes=4, in_features=8)))
    path = folder / "puppet_teacher.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return [f"model.teacher.checkpoint={path}"]
