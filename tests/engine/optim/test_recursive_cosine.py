import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from mmxkd.engine.optim.recursive_cosine import RecursiveCosineLR
from mmxkd.errors import ConfigError
from mmxkd.registry import PARAM_SCHEDULERS


def optimizer(lr=0.1):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def rates(steps, **rule):
    return [RecursiveCosineLR.lr_at(step, 0.1, **rule) for step in range(steps)]


def test_cosine_goes_on_as_pytorchs_recursion_does():
    sgd = optimizer()
    sgd.param_groups[0]["initial_lr"] = 0.1
    theirs = CosineAnnealingLR(sgd, 10, eta_min=0.01)
    sgd.param_groups[0]["lr"] = 0.075
    expected = []
    for _ in range(10):
        expected.append(sgd.param_groups[0]["lr"])
        sgd.step()
        theirs.step()
    ours = rates(13, warmup_steps=4, total_steps=14, min_factor=0.1)
    assert ours[:3] == pytest.approx([0, 0.025, 0.05])
    assert ours[3:] == pytest.approx(expected, rel=1e-9)


def test_constants_of_the_fork_and_the_end():
    plain = rates(8, warmup_steps=2, total_steps=6)
    fork = rates(8, warmup_steps=2, total_steps=6, offset=1e-7, final_lr=3e-7)
    assert [a - b for a, b in zip(fork[:2], plain[:2], strict=True)] == pytest.approx([1e-7, 1e-7])
    assert fork[5:] == [3e-7] * 3
    assert plain[5:] == [0.0] * 3
    assert rates(8, warmup_steps=2, total_steps=6, min_factor=0.1)[5:] == pytest.approx([0.01] * 3)
    assert rates(8, warmup_steps=2, total_steps=6, min_factor=0.1, final_lr=0.0)[5:] == [0.0] * 3


def test_without_warm_up_the_base_rate_is_used_once():
    found = rates(5, warmup_steps=0, total_steps=4)
    assert found[0] == 0.1
    assert found[2] == pytest.approx(0.05)
    assert found[4] == 0
    assert rates(1, warmup_steps=0, total_steps=4, offset=1e-7) == pytest.approx([0.1 + 1e-7], rel=1e-12)


def test_in_a_run_counted_in_epochs():
    sgd = optimizer()
    config = dict(type="RecursiveCosineLR", convert_to_iter_based=True, warmup_epochs=1, offset=1e-7, final_lr=3e-7, end=3)
    scheduler = PARAM_SCHEDULERS.build(config, default_args=dict(optimizer=sgd, epoch_length=2))
    found = []
    for _ in range(6):
        found.append(sgd.param_groups[0]["lr"])
        sgd.step()
        scheduler.step()
    assert found == pytest.approx(rates(6, warmup_steps=2, total_steps=6, offset=1e-7, final_lr=3e-7))


def test_settings_are_checked():
    with pytest.raises(ConfigError, match=r"offset=-1; accepted: at least 0"):
        RecursiveCosineLR(optimizer(), offset=-1, total_steps=4, by_epoch=False)
