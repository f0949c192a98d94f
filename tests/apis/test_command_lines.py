"""tools/train.py, tools/test.py and the scripts around them, in processes of their own."""

import os
import subprocess
import sys
import time

import pytest
import torch


@pytest.fixture
def run(repo, tmp_path):
    """Run a tool in ``tmp_path`` and return (exit status, stdout, stderr)."""

    def run(tool, *args, **variables):
        done = subprocess.run(command(tool, args), env=environment(variables), cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def command(tool, args):
        if tool == "torchrun":
            start = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={args[0]}"]
            return [*start, str(repo / "tools/train.py"), *map(str, args[1:]), "--launcher", "pytorch"]
        return [*([sys.executable] if tool.endswith(".py") else ["bash"]), str(repo / "tools" / tool), *map(str, args)]

    def environment(variables):
        path = os.pathsep.join([str(repo), str(repo / "tests/engine")])
        return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHON": sys.executable} | variables

    def start(tool, *args, **variables):
        return subprocess.Popen(command(tool, args), env=environment(variables), cwd=tmp_path, stderr=subprocess.PIPE, text=True)

    run.start = start
    return run


def test_help_is_quick(run):
    started = time.monotonic()
    status, out, _ = run("train.py", "--help")
    assert status == 0
    assert "--resume [CKPT]" in out
    assert time.monotonic() - started < 2


def test_missing_data_and_teacher_are_one_message_and_nothing_is_launched(run, toy_config):
    lines = "model = dict(type='ToyDistiller', student=dict(type='ToyNet'), teacher=dict(checkpoint='no/t.pth', hint='make teacher'))"
    options = ["--cfg-options", "train_dataloader.dataset.root=no/data"]
    status, out, err = run("dist_train.sh", toy_config(lines), 2, *options)
    assert status == 2
    assert err.splitlines()[-3:] == [
        "error: training cannot start here:",
        "  - train_dataloader.dataset.root='no/data': no folder no/data. To prepare: tools/data/make_toys.py",
        "  - model.teacher.checkpoint='no/t.pth': no such file. To prepare: make teacher",
    ]
    assert "Traceback" not in out + err
    assert "torch.distributed" not in out + err


@pytest.mark.parametrize("script", ["dist_train.sh", "dist_test.sh", "slurm_train.sh", "slurm_test.sh"])
def test_scripts_say_how_to_be_called(run, script):
    status, _, err = run(script, "only-one")
    assert status == 2
    assert f"tools/{script}" in err


@pytest.mark.long
def test_two_processes_train_resume_and_test(run, toy_config, tmp_path):
    """The ranks' weights agree (SameWeightsHook), a killed and resumed run equals a whole one, every test sample counts once."""
    lines = "custom_hooks = [dict(type='SameWeightsHook'), dict(type='EMAHook')]"
    options = ["--cfg-options", "default_hooks.checkpoint.by_epoch=False", "default_hooks.checkpoint.interval=2"]
    whole, killed = (
        toy_config(lines, "whole.py"),
        toy_config("custom_hooks = [dict(type='EMAHook'), dict(type='KillHook', step=8)]", "killed.py"),
    )
    status, _, err = run("dist_train.sh", whole, 2, "--work-dir", "whole", *options, PORT="29611")
    assert status == 0, err
    assert run("torchrun", 29612, killed, "--work-dir", "killed", *options)[0] != 0
    assert not (tmp_path / "killed/iter_12.pth").exists()
    status, out, err = run("torchrun", 29613, whole, "--work-dir", "killed", "--resume", *options)
    assert status == 0, err
    assert "resuming inside epoch 3 after batch 2 of 3" in out
    expected, got = (torch.load(tmp_path / name / "iter_12.pth", weights_only=True) for name in ("whole", "killed"))
    for part in ("state_dict", "ema_state_dict"):
        # Running statistics of batch norm are each rank's own; rank 0 saves its.
        assert all(torch.equal(value, got[part][key]) for key, value in expected[part].items()), part

    status, out, err = run("dist_test.sh", whole, tmp_path / "whole/iter_12.pth", 2, "--work-dir", "tested", PORT="29614")
    assert status == 0, err
    assert "num_videos: 10" in out


@pytest.mark.long
def test_two_nodes_of_one_process(run, toy_config):
    config = toy_config("custom_hooks = [dict(type='SameWeightsHook')]")
    common = dict(NNODES="2", MASTER_ADDR="127.0.0.1", PORT="29621")
    options = ["--cfg-options", "train_cfg.max_epochs=1"]
    first = run.start("dist_train.sh", config, 1, "--work-dir", "first", *options, NODE_RANK="0", **common)
    second = run.start("dist_train.sh", config, 1, "--work-dir", "second", *options, NODE_RANK="1", **common)
    for process in (first, second):
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err


@pytest.mark.long
def test_slurm_task_without_a_gpu(run, toy_config, tmp_path):
    """srun's variables are enough: launcher slurm joins a group of one."""
    variables = dict(SLURM_PROCID="0", SLURM_NTASKS="1", SLURM_LOCALID="0", SLURM_NNODES="1", MASTER_PORT="29631")
    status, out, err = run("train.py", toy_config(), "--launcher", "slurm", "--cfg-options", "train_cfg.max_epochs=1", **variables)
    assert status == 0, err
    assert "MMDistributedDataParallel" in out
    assert (tmp_path / "work_dirs/toy/epoch_1.pth").is_file()


@pytest.mark.long
def test_sharded_model_trains_saves_and_resumes_as_a_whole_one(run, toy_config, tmp_path):
    model = "model = dict(type='ToyDistiller', student=dict(type='ToyNet', dropout=0.0), teacher=None)"
    shard = f"{model}\nmodel_wrapper_cfg = dict(type='mmxkd.FullyShard', shard=['Linear'])"
    whole, sharded = toy_config(model, "whole.py"), toy_config(shard, "sharded.py")
    killed = toy_config(f"{shard}\ncustom_hooks = [dict(type='KillHook', step=8)]", "killed.py")
    for config, name, port in ((whole, "whole", 29641), (sharded, "sharded", 29642)):
        status, _, err = run("torchrun", port, config, "--work-dir", name)
        assert status == 0, err
    assert run("torchrun", 29643, killed, "--work-dir", "killed")[0] != 0
    status, _, err = run("torchrun", 29644, sharded, "--work-dir", "killed", "--resume")
    assert status == 0, err
    expected, got, resumed = (torch.load(tmp_path / name / "epoch_4.pth", weights_only=True) for name in ("whole", "sharded", "killed"))
    assert list(got["state_dict"]) == list(expected["state_dict"])
    for key, value in expected["state_dict"].items():
        torch.testing.assert_close(got["state_dict"][key], value)
        assert torch.equal(resumed["state_dict"][key], got["state_dict"][key]), key
    momenta = [[state["momentum_buffer"] for state in run["optimizer"]["state"].values()] for run in (expected, got)]
    assert [m.shape for m in momenta[0]] == [m.shape for m in momenta[1]]
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*momenta, strict=True))
    status, out, err = run("test.py", sharded, tmp_path / "sharded/epoch_4.pth", "--work-dir", "tested")
    assert status == 0, err
    assert "num_videos: 10" in out
