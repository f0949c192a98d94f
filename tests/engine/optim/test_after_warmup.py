import pytest
import torch
from torch import nn

from mmxkd.engine.optim.after_warmup import ConstantAfterWarmupLR, CosineAfterWarmupLR, MultiStepAfterWarmupLR
from mmxkd.errors import ConfigError


def run(kind, steps, **settings):
    optimizer = torch.optim.SGD([dict(params=[nn.Parameter(torch.zeros(1))]), dict(params=[nn.Parameter(torch.zeros(1))], lr=0.1)], lr=1.0)
    scheduler = kind(optimizer, by_epoch=False, **settings)
    rates = []
    for _ in range(steps):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return rates, scheduler


def test_first_step_does_nothing_and_the_last_of_warm_up_is_the_base_rate():
    rates, _ = run(ConstantAfterWarmupLR, 7, warmup_steps=4, total_steps=7)
    assert [row[0] for row in rates] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 1, 1])
    assert [row[1] for row in rates] == pytest.approx([0, 1 / 30, 2 / 30, 0.1, 0.1, 0.1, 0.1])
    assert run(ConstantAfterWarmupLR, 2, warmup_steps=1, total_steps=2)[0][0][0] == 0


def test_cosine_counts_from_the_end_of_warm_up_to_one_floor_for_all():
    rates, _ = run(CosineAfterWarmupLR, 7, warmup_steps=2, total_steps=6, min_lr=0.01)
    assert rates[2] == [1.0, 0.1]
    assert rates[4] == pytest.approx([0.505, 0.055])
    assert rates[6] == [0.01, 0.01]


def test_milestones_count_from_the_end_of_warm_up():
    rates, _ = run(MultiStepAfterWarmupLR, 7, warmup_steps=2, total_steps=7, milestones=[1, 3], gamma=0.5)
    assert [row[0] for row in rates] == [0, 1, 1, 0.5, 0.5, 0.25, 0.25]
    built = MultiStepAfterWarmupLR.build_iter_from_epoch(
        torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0), epoch_length=3, milestones=[2], warmup_epochs=1, total_epochs=4
    )
    assert built.milestones == [6]
    assert built.rule["warmup_steps"] == 3
    with pytest.raises(ConfigError, match=r"milestones=\[3, 1\]"):
        run(MultiStepAfterWarmupLR, 1, milestones=[3, 1], total_steps=5)


def test_resumed_schedule_goes_on():
    rates, _ = run(CosineAfterWarmupLR, 8, warmup_steps=3, total_steps=8)
    _, scheduler = run(CosineAfterWarmupLR, 4, warmup_steps=3, total_steps=8)
    optimizer = torch.optim.SGD([dict(params=[nn.Parameter(torch.zeros(1))]), dict(params=[nn.Parameter(torch.zeros(1))], lr=0.1)], lr=1.0)
    again = CosineAfterWarmupLR(optimizer, by_epoch=False, warmup_steps=3, total_steps=8)
    again.load_state_dict(scheduler.state_dict())
    optimizer.step()
    again.step()
    assert [group["lr"] for group in optimizer.param_groups] == rates[5]
