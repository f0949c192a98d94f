import pytest
import torch
from torch import nn

from mmxkd.engine.optim.decay_by_name import DecayByNameConstructor, split_by_name
from mmxkd.engine.optim.linear_warmup import LinearWarmupLR
from mmxkd.errors import ConfigError


def optimizer():
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)


def rates(schedule, steps, optim):
    values = []
    for _ in range(steps):
        values.append(optim.param_groups[0]["lr"])
        schedule.step()
    return values


def test_up_and_down():
    optim = optimizer()
    schedule = LinearWarmupLR(optim, warmup_steps=2, total_steps=6, by_epoch=False)
    assert rates(schedule, 8, optim) == pytest.approx([0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0])


def test_batches_of_one_step_share_its_rate():
    optim = optimizer()
    schedule = LinearWarmupLR(optim, warmup_steps=1, total_steps=8, accumulation=2, by_epoch=False)
    assert rates(schedule, 8, optim) == pytest.approx([0, 0, 1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("options", [dict(warmup_steps=4), dict(warmup_ratio=0.1), dict(warmup_epochs=0.4)])
def test_epochs_are_turned_into_steps(options):
    schedule = LinearWarmupLR.build_iter_from_epoch(optimizer(), epoch_length=10, begin=0, end=4, by_epoch=True, **options)
    assert schedule.rule["warmup_steps"] == 4
    assert schedule.rule["total_steps"] == 40
    ratio = LinearWarmupLR.build_iter_from_epoch(optimizer(), epoch_length=10, begin=0, end=4, warmup_ratio=0.5, accumulation=2)
    assert ratio.rule["warmup_steps"] == 10


@pytest.mark.parametrize("options", [dict(warmup_steps=3, warmup_ratio=0.1), dict(warmup_ratio=2), dict(accumulation=0)])
def test_settings_are_checked(options):
    with pytest.raises(ConfigError, match="accepted"):
        LinearWarmupLR(optimizer(), total_steps=6, by_epoch=False, **options)


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.LayerNorm, self.layer_norm = nn.Linear(2, 2), nn.LayerNorm(2), nn.LayerNorm(2)


def test_decay_by_name_leaves_other_norms_decayed():
    model = Toy()
    decayed, kept = split_by_name(model, ("bias", "LayerNorm.weight"))
    assert decayed == ["fc.weight", "layer_norm.weight"]
    assert kept == ["fc.bias", "LayerNorm.weight", "LayerNorm.bias", "layer_norm.bias"]
    wrapper = DecayByNameConstructor(dict(optimizer=dict(type="HFAdamW", lr=0.1, weight_decay=0.5)))(model)
    assert [group["weight_decay"] for group in wrapper.optimizer.param_groups] == [0.5, 0.0]
    with pytest.raises(ConfigError, match=r"unknown \['norms'\]"):
        DecayByNameConstructor({}, dict(norms=1))
    with pytest.raises(ConfigError, match="nothing to train"):
        DecayByNameConstructor(dict(optimizer=dict(type="SGD", lr=1)))(model.requires_grad_(False))
