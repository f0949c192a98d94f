import pytest
import torch
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.bn1 = nn.BatchNorm1d(4)
        self.block = nn.Sequential()
        self.block.bn = nn.BatchNorm1d(4)
        self.norm = nn.LayerNorm(4)
        self.frozen = nn.Parameter(torch.zeros(2), requires_grad=False)


def build(model, paramwise_cfg=None):
    wrapper = dict(type="OptimWrapper", optimizer=dict(type="SGD", lr=0.1, weight_decay=0.5))
    constructor = dict(type="BiasDecayConstructor", optim_wrapper_cfg=wrapper, paramwise_cfg=paramwise_cfg)
    return OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model).optimizer.param_groups


def test_groups_by_name():
    model = Net()
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rest, biases = ([names[id(parameter)] for parameter in group["params"]] for group in build(model))
    # A batch norm at the top of a model has no dot in front of its name: its weight counts as any other, as published.
    assert rest == ["fc.weight", "bn1.weight", "norm.weight"]
    assert biases == ["fc.bias", "bn1.bias", "block.bn.weight", "block.bn.bias", "norm.bias"]


@pytest.mark.parametrize(("options", "decay"), [(None, 0.5), (dict(bias_bn_decay_mult=0.0), 0.0), (dict(bias_bn_decay_mult=0.5), 0.25)])
def test_decay_of_the_second_group(options, decay):
    groups = build(Net(), options)
    assert [group["weight_decay"] for group in groups] == [0.5, decay]
    assert [group["lr"] for group in groups] == [0.1, 0.1]


def test_errors():
    with pytest.raises(ConfigError, match=r"accepted: \['bias_bn_decay_mult'\]"):
        build(Net(), dict(bias_decay=0))
    with pytest.raises(ConfigError, match="nothing to train"):
        build(nn.Linear(1, 1).requires_grad_(False))
