import json

import pytest
import torch
from torch import nn

from mmxkd.engine.optim.constructor import split_parameters
from mmxkd.errors import ConfigError
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS


def build(model, paramwise_cfg=None, **optimizer):
    cfg = dict(type="OptimWrapper", optimizer=dict(type="SGD", lr=0.1, weight_decay=0.05, **optimizer))
    constructor = dict(type="DecayByShapeConstructor", optim_wrapper_cfg=cfg, paramwise_cfg=paramwise_cfg)
    return OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.LayerNorm(4), nn.Linear(4, 2))


def test_only_weights_of_several_axes_decay(model):
    groups = build(model).optimizer.param_groups
    assert [[p.shape for p in group["params"]] for group in groups] == [[(4, 3, 1, 1), (2, 4)], [(4,), (4,), (4,), (2,)]]
    assert [group["weight_decay"] for group in groups] == [0.05, 0.0]


def test_a_bias_of_two_axes_does_not_decay():
    module = nn.Module()
    module.bias = nn.Parameter(torch.zeros(2, 3))
    module.bias_like = nn.Parameter(torch.zeros(2, 3))
    decayed, kept = split_parameters(module)
    assert decayed == [module.bias_like]
    assert kept == [module.bias]


def test_release_decays_nothing(model):
    groups = build(model, dict(published_no_decay=True)).optimizer.param_groups
    assert [len(group["params"]) for group in groups] == [0, 6]
    assert [group["weight_decay"] for group in groups] == [0.05, 0.0]


def test_frozen_parameters_are_left_out(model):
    model[0].requires_grad_(False)
    assert [len(group["params"]) for group in build(model).optimizer.param_groups] == [1, 3]


def test_group_sizes_of_the_published_runs(shared):
    """The two groupings of the recorded runs, on a stand-in with as many parameters of either kind as the student has."""
    case = json.loads((shared / "reference/dvfl/kd_trajectory.json").read_text())
    weights = torch.load(shared / "reference/dvfl/kd_trajectory.ckpt.pth", weights_only=True)
    weights = weights["student"]["model"]
    shapes = {name: weights[name].shape for name in case["variants"]["published_sgd"]["final_param_norms"]}
    student = nn.Module()
    for name, shape in shapes.items():
        holder = nn.Module()
        holder.register_parameter(name.rpartition(".")[2], nn.Parameter(torch.zeros(shape)))
        student.add_module(name.replace(".", "/"), holder)
    for variant in case["variants"].values():
        published = dict(published_no_decay=True) if variant["settings"]["grouping"] == "published" else None
        assert [len(group["params"]) for group in build(student, published).optimizer.param_groups] == variant["group_sizes"]


def test_errors(model):
    with pytest.raises(ConfigError, match=r"unknown \['norm_decay_mult'\]; accepted: \['published_no_decay'\]"):
        build(model, dict(norm_decay_mult=0.0))
    with pytest.raises(ConfigError, match="nothing to train"):
        build(model.requires_grad_(False))
