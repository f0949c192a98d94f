from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper

from mmxkd.engine.runner import DistillRunner, _FormattedConfig


@pytest.mark.parametrize(("world", "counts", "expected"), [(3, 1, 0.0046875), (1, 2, 0.003125), (1, 1, 0.0015625)])
def test_learning_rate_scales_with_batch_processes_and_accumulation(world, counts, expected):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)]
    wrapper = OptimWrapper(torch.optim.SGD(groups, lr=0.1), accumulative_counts=counts)
    runner = DistillRunner.__new__(DistillRunner)
    runner.__dict__.update(_train_dataloader=dict(batch_size=8), _world_size=world, logger=SimpleNamespace(info=print))
    runner.param_schedulers = None
    runner.scale_lr(wrapper, dict(enable=True, base_batch_size=512))
    rates = [group["lr"] for group in wrapper.optimizer.param_groups]
    assert rates == pytest.approx([expected, expected], rel=1e-12)
    assert wrapper.get_lr()["base_lr"] == pytest.approx([expected], rel=1e-12)


def test_scaling_is_off_unless_enabled():
    wrapper = OptimWrapper(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1))
    DistillRunner.__new__(DistillRunner).scale_lr(wrapper, dict(enable=False))
    assert wrapper.optimizer.param_groups[0]["lr"] == 0.1


def test_a_config_is_formatted_again_only_when_it_has_changed(monkeypatch):
    formatted = []
    plain = Config.pretty_text.fget
    monkeypatch.setattr(Config, "pretty_text", property(lambda self: formatted.append(1) or plain(self)))
    config = _FormattedConfig(dict(model=dict(type="A")))
    assert config.pretty_text == config.pretty_text == "model = dict(type='A')\n"
    assert len(formatted) == 1
    config.model.type = "B"
    assert config.pretty_text == "model = dict(type='B')\n"
