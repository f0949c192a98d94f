"""A process that dies takes the others with it, and the job goes on from the last checkpoint."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch


def launch(repo, config, work, restarts, port):
    env = dict(os.environ, PYTHON=sys.executable, PORT=str(port), RESTARTS=str(restarts), OMP_NUM_THREADS="1")
    env["PYTHONPATH"] = str(Path(__file__).parent)
    command = ["bash", str(repo / "tools/dist_train.sh"), str(config), "2", "--work-dir", str(work)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


@pytest.mark.long
def test_a_dead_rank_ends_the_job_or_restarts_it_from_the_last_checkpoint(repo, toy_config, tmp_path):
    whole = toy_config("", "whole.py")
    dying = toy_config(f"custom_hooks = [dict(type='KillHook', step=7, rank=1, once={str(tmp_path / 'died')!r})]", "dying.py")
    assert launch(repo, whole, tmp_path / "whole", 0, 29641).returncode == 0
    ended = launch(repo, dying, tmp_path / "stopped", 0, 29642)
    assert ended.returncode != 0
    assert not (tmp_path / "stopped/epoch_4.pth").exists()

    (tmp_path / "died").unlink()
    ended = launch(repo, dying, tmp_path / "restarted", 1, 29643)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert (tmp_path / "died").exists()
    expected, got = (torch.load(tmp_path / run / "epoch_4.pth", weights_only=True) for run in ("whole", "restarted"))
    assert all(torch.equal(value, got["state_dict"][key]) for key, value in expected["state_dict"].items())
