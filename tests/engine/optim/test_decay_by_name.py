import pytest
from torch import nn

from mmxkd.engine.optim.decay_by_name import DecayByNameConstructor
from mmxkd.errors import ConfigError


def model():
    net = nn.Module()
    net.dense, net.LayerNorm, net.frozen = nn.Linear(2, 2), nn.LayerNorm(2), nn.Linear(1, 1).requires_grad_(False)
    return net


def groups(net, **paramwise):
    wrapper = DecayByNameConstructor(dict(optimizer=dict(type="AdamW", lr=1.0, weight_decay=0.1)), paramwise)(net)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    return [([names[id(p)] for p in group["params"]], group["weight_decay"]) for group in wrapper.optimizer.param_groups]


@pytest.mark.parametrize(
    ("no_decay", "decayed", "kept"),
    [
        (["bias", "gamma", "beta"], ["dense.weight", "LayerNorm.weight"], ["dense.bias", "LayerNorm.bias"]),
        (["bias", "LayerNorm.weight"], ["dense.weight"], ["dense.bias", "LayerNorm.weight", "LayerNorm.bias"]),
        ([], ["dense.weight", "dense.bias", "LayerNorm.weight", "LayerNorm.bias"], []),
    ],
)
def test_groups_by_parts_of_names(no_decay, decayed, kept):
    assert groups(model(), no_decay=no_decay) == [(decayed, 0.1), (kept, 0.0)]


def test_what_cannot_be_grouped():
    with pytest.raises(ConfigError, match="unknown"):
        groups(model(), no_decy=["bias"])
    with pytest.raises(ConfigError, match="nothing to train"):
        groups(nn.Linear(1, 1).requires_grad_(False), no_decay=["bias"])
