import pytest
import torch
from mmengine.config import Config

from mmxkd.checkpoints import read_file
from mmxkd.engine.runner import DistillRunner

AVERAGE = "default_hooks = dict(weight_average=dict(type='WeightAverageHook', decay=0.5, evaluate={evaluate}))"
RESET = """
default_hooks = dict(
    weight_average=dict(type="WeightAverageHook", decay=0.5),
    reset_on_load=dict(type="ResetOnLoadHook", keys=["fc2"]),
    strict_load=dict(ignore=["fc2"]),
)
randomness = dict(seed={seed})
"""


def train(path, work_dir, **changes):
    config = Config.fromfile(path)
    config.work_dir = str(work_dir)
    config.merge_from_dict(changes)
    DistillRunner.from_cfg(config).train()


def latest(work_dir, epoch):
    return read_file(work_dir / f"epoch_{epoch}.pth")


@pytest.mark.parametrize("evaluate", [False, True])
def test_average_starts_from_what_is_loaded_and_is_resumed(toy_config, in_child, tmp_path, evaluate):
    config = toy_config(AVERAGE.format(evaluate=evaluate))
    assert in_child(train, config, tmp_path / "a", **{"train_cfg.max_epochs": 2}) == 0
    whole = latest(tmp_path / "a", 2)
    raw, average = whole["state_dict"], {k.removeprefix("module."): v for k, v in whole["ema_state_dict"].items() if k != "steps"}
    if evaluate:
        raw, average = average, raw
    assert any(not torch.equal(raw[key], average[key]) for key in raw)
    resumed = {"train_cfg.max_epochs": 2, "resume": True}
    resumed["load_from"] = str(tmp_path / "a" / "epoch_1.pth")
    assert in_child(train, config, tmp_path / "b", **resumed) == 0
    again = latest(tmp_path / "b", 2)
    for field in ("state_dict", "ema_state_dict"):
        assert all(torch.equal(value, again[field][key]) for key, value in whole[field].items())


def test_what_is_reset_is_not_taken_over(toy_config, in_child, tmp_path):
    first = toy_config(RESET.format(seed=0))
    assert in_child(train, first, tmp_path / "a", **{"train_cfg.max_epochs": 1}) == 0
    second = toy_config(RESET.format(seed=5), "second.py")
    changes = {"train_cfg.max_epochs": 1, "load_from": str(tmp_path / "a" / "epoch_1.pth"), "optim_wrapper.optimizer.lr": 0.0}
    assert in_child(train, second, tmp_path / "b", **changes) == 0
    before, after = (latest(tmp_path / name, 1) for name in ("a", "b"))
    assert torch.equal(before["state_dict"]["fc1.weight"], after["state_dict"]["fc1.weight"])
    assert not torch.equal(before["state_dict"]["fc2.weight"], after["state_dict"]["fc2.weight"])
    # With a rate of 0 the average is what the run started from: the loaded weights, not the random ones.
    for key in ("fc1.weight", "fc1.bias", "fc2.weight"):
        value = after["state_dict"][key]
        assert torch.allclose(after["ema_state_dict"][f"module.{key}"], value, atol=1e-6)


def test_pattern_without_any_key_stops_the_run(toy_config, in_child, tmp_path, capfd):
    path = toy_config(RESET.format(seed=0))
    assert in_child(train, path, tmp_path / "a", **{"train_cfg.max_epochs": 1}) == 0
    changes = {"load_from": str(tmp_path / "a" / "epoch_1.pth"), "default_hooks.reset_on_load.keys": ["fc7"]}
    assert in_child(train, path, tmp_path / "b", **changes) == 1
    assert "'fc7' matches no key" in capfd.readouterr().err
