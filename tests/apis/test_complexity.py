import pytest
import torch
from mmengine.config import Config
from torch import nn

from mmxkd.apis.complexity import config_costs, format_costs, measure_cost
from mmxkd.errors import ConfigError

MODEL = dict(
    type="VideoRecognizer",
    backbone=dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=[1], focal_levels=[1], focal_windows=[3], num_frames=2),
    head=dict(type="LinearHead", num_classes=3, in_features=4),
)


def test_multiply_adds_by_hand():
    cost = measure_cost(nn.Linear(3, 5), torch.zeros(7, 3))
    assert cost.gmacs == 7 * 3 * 5 / 1e9
    assert (cost.params, cost.size_mb, cost.latency_ms) == (20, 80 / 1e6, None)


def test_fused_attention_counts_its_two_products():
    class Attention(nn.Module):
        def forward(self, x):
            return nn.functional.scaled_dot_product_attention(x, x, x)

    assert measure_cost(Attention(), torch.zeros(2, 4, 5, 6)).gmacs == 2 * 4 * 5 * 5 * (6 + 6) / 1e9


def test_a_distillation_config_gives_both_and_their_ratio():
    teacher = dict(type="OnlineTeacher", model={**MODEL, "backbone": {**MODEL["backbone"], "depths": [2]}}, checkpoint="nowhere.pth")
    costs = config_costs(Config(dict(model=dict(type="LogitDistiller", student=MODEL, teacher=teacher))), latency_runs=1)
    assert costs["teacher"].params > costs["student"].params
    assert costs["student"].latency_ms > 0
    lines = format_costs(costs).splitlines()
    assert lines[3].startswith("ratio")
    assert "one multiply-add = 1" in lines[-1]


def test_other_shapes_cost_in_proportion():
    config = Config(dict(model=MODEL))
    once, twice = config_costs(config)["model"], config_costs(config, (4, 32, 32))["model"]
    assert twice.gmacs == pytest.approx(2 * once.gmacs, rel=1e-3)


def test_a_model_without_nominal_input_needs_a_shape():
    foreign = dict(type="ForeignModel", model=dict(type="mmengine.ToyNet"), keys=dict(logits="output"))
    from mmengine.registry import MODELS as ROOT

    ROOT.register_module(name="ToyNet", module=nn.Identity, force=True)
    with pytest.raises(ConfigError, match="--shape T H W"):
        config_costs(Config(dict(model=foreign)))
