"""Distillation under the Runner: averaging, several processes, a term that stops, an interrupted run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
_base_ = ["{root}/configs/dvfl/ucf101_kd.py"]

model = dict(
    beta=0.3,
    stage_terms=[
        dict(
            loss=dict(type="MSE"),
            student="stage2",
            teacher="stage2",
            connector=dict(type="LinearConnector", in_features=8, out_features=8, dim=1),
            stop=0.5,
            by="fraction",
            name="stage2",
        )
    ],
)
custom_hooks = [dict(type="EMAHook", momentum=0.1)]
log_processor = dict(window_size=1)
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=1, max_keep_ckpts=100, save_best=None), logger=dict(interval=1))
"""


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "kd.py"
    path.write_text(CONFIG.format(root=ROOT))
    return path


@pytest.mark.long
def test_average_two_processes_and_a_term_that_stops(run, config, small, teacher, tmp_path):
    work = tmp_path / "work"
    options = ["--cfg-options", *small, f"model.teacher.checkpoint={teacher}"]
    done = run("bash", "tools/dist_train.sh", config, "2", "--work-dir", work, *options, PORT="29621")
    steps = [line for line in (done.stdout + done.stderr).splitlines() if "Epoch(train)" in line and "loss_stage2" in line]
    raw = [("raw_stage2" in line) for line in steps]
    assert raw[:4] == [True] * 4, steps
    assert "loss_stage2: 0.0000" in steps[-1]

    last = torch.load(work / "iter_8.pth", weights_only=True)
    extra = {key for key in last["state_dict"] if key.startswith("distill.")}
    assert extra == {"distill.terms.1.connector.fc.weight", "distill.terms.1.connector.fc.bias"}
    assert not any("teacher" in key for part in ("state_dict", "ema_state_dict") for key in last[part])
    _load_into_student(last, extra)

    optimized = sum(len(group["params"]) for group in last["optimizer"]["param_groups"])
    assert optimized == len(_student().state_dict()) + len(extra)


@pytest.mark.long
def test_killed_in_mid_epoch_and_resumed_is_as_never_killed(config, small, teacher, tmp_path):
    options = ["--cfg-options", *small, f"model.teacher.checkpoint={teacher}"]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    _train(config, whole, options).wait()
    process = _train(config, broken, options)
    _wait_for(broken / "iter_10.pth", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (broken / "iter_16.pth").exists()
    assert _train(config, broken, ["--resume", *options]).wait() == 0
    expected, got = (torch.load(folder / "iter_16.pth", weights_only=True) for folder in (whole, broken))
    for part in ("state_dict", "ema_state_dict"):
        assert expected[part].keys() == got[part].keys()
        assert all(torch.equal(value, got[part][key]) for key, value in expected[part].items()), part


def _student():
    from mmxkd.registry import MODELS

    backbone = dict(type="VideoFocalNet", embed_dim=4, depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3])
    return MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=dict(type="LinearHead", num_classes=4, in_features=8)))


def _load_into_student(checkpoint, extra):
    student = _student()
    student.load_state_dict({key: value for key, value in checkpoint["state_dict"].items() if key not in extra})


def _train(config, work, arguments):
    command = [sys.executable, "tools/train.py", str(config), "--work-dir", str(work), *arguments]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for(path, process, seconds=120):
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)
