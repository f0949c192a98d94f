import pytest
import torch
from torch import nn

from mmxkd.engine.optim.head_groups import HeadGroupConstructor
from mmxkd.errors import ConfigError


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(2, 2, 1)
        self.norm = nn.LayerNorm(2)
        self.cls_head = nn.Linear(2, 1)
        self.scale = nn.Parameter(torch.ones(2))
        self.frozen = nn.Linear(1, 1).requires_grad_(False)


def build(paramwise=None, **wrapper):
    constructor = HeadGroupConstructor(
        dict(optimizer=dict(type="AdamW", lr=0.2, weight_decay=0.05), clip_grad=dict(max_norm=1.0), **wrapper), paramwise
    )
    model = Toy()
    return constructor.group_names(model), constructor(model).optimizer.param_groups


def test_weights_of_layers_decay_and_nothing_else():
    names, groups = build()
    assert names == [["cls_head.weight", "stem.weight"], ["cls_head.bias", "norm.bias", "norm.weight", "scale", "stem.bias"]]
    assert [group["weight_decay"] for group in groups] == [0.05, 0.0]
    assert [group["lr"] for group in groups] == [0.2, 0.2]


@pytest.mark.parametrize("weight", [0.1, 1])
def test_head_and_rest_apart(weight):
    names, groups = build(dict(backbone_lr_weight=weight))
    assert names == [["cls_head.weight"], ["cls_head.bias"], ["stem.weight"], ["norm.bias", "norm.weight", "scale", "stem.bias"]]
    assert [group["lr"] for group in groups] == pytest.approx([0.2, 0.2, 0.2 * weight, 0.2 * weight])
    assert [group["weight_decay"] for group in groups] == [0.05, 0.0, 0.05, 0.0]


def test_settings_that_cannot_be():
    with pytest.raises(ConfigError, match=r"unknown \['bias_lr'\]"):
        build(dict(bias_lr=2))
    with pytest.raises(ConfigError, match="backbone_lr_weight=-1"):
        build(dict(backbone_lr_weight=-1))
    with pytest.raises(ConfigError, match="nothing to train"):
        HeadGroupConstructor(dict(optimizer=dict(type="SGD", lr=1.0)))(Toy().requires_grad_(False))
