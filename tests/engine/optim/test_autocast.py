import pytest
import torch
from torch import nn

from mmxkd.engine.optim.autocast import AutocastOptimWrapper
from mmxkd.errors import ConfigError


def make(weight=(3.0, 4.0), lr=1.0, **kwargs):
    model = nn.Linear(2, 1, bias=False)
    model.weight.data = torch.tensor([weight])
    return model, AutocastOptimWrapper(torch.optim.SGD(model.parameters(), lr=lr), **kwargs)


def micro_step(model, wrapper, inputs):
    with wrapper.optim_context(model):
        output = model(torch.tensor([inputs]))
    wrapper.update_params(output.float().sum())
    return output.dtype


@pytest.mark.parametrize(("dtype", "expected"), [("bfloat16", torch.bfloat16), ("float16", torch.float16), ("float32", torch.float32)])
def test_forward_runs_in_the_dtype_and_parameters_stay_single(dtype, expected):
    model, wrapper = make(dtype=dtype, init_scale=1024.0)
    assert micro_step(model, wrapper, [0.5, 0.25]) == expected
    assert model.weight.dtype == torch.float32
    assert model.weight.tolist() == [[2.5, 3.75]]


def test_gradients_are_clipped_once_per_optimizer_step():
    model, wrapper = make(dtype="float32", accumulative_counts=2, clip_grad=dict(max_norm=1.0))
    micro_step(model, wrapper, [6.0, 0.0])
    assert model.weight.grad.tolist() == [[3.0, 0.0]]
    micro_step(model, wrapper, [0.0, 8.0])
    # (3, 4) of norm 5 is scaled to (0.6, 0.8).
    torch.testing.assert_close(model.weight.data, torch.tensor([[2.4, 3.2]]))


def test_published_clipping_after_every_batch():
    model, wrapper = make(dtype="float32", accumulative_counts=2, clip_grad=dict(max_norm=1.0), clip_every_micro_step=True)
    micro_step(model, wrapper, [6.0, 0.0])
    torch.testing.assert_close(model.weight.grad, torch.tensor([[1.0, 0.0]]))
    micro_step(model, wrapper, [0.0, 8.0])
    # (1, 4) of norm sqrt(17) is scaled to norm 1.
    torch.testing.assert_close(model.weight.data, torch.tensor([[3 - 17**-0.5, 4 - 4 * 17**-0.5]]))
    assert wrapper.should_sync()


def test_half_precision_scales_the_loss_and_keeps_the_scale():
    model, wrapper = make(dtype="float16", init_scale=8.0, clip_grad=dict(max_norm=1.0))
    micro_step(model, wrapper, [3.0, 4.0])
    torch.testing.assert_close(model.weight.data, torch.tensor([[2.4, 3.2]]), rtol=1e-5, atol=0)
    micro_step(model, wrapper, [float("inf"), 0.0])
    torch.testing.assert_close(model.weight.data, torch.tensor([[2.4, 3.2]]), rtol=1e-5, atol=0)
    assert wrapper.scaler.get_scale() == 4.0
    _, other = make(dtype="float16", init_scale=8.0)
    other.load_state_dict(wrapper.state_dict())
    assert other.scaler.get_scale() == 4.0


@pytest.mark.parametrize(
    "kwargs",
    [dict(dtype="int8"), dict(clip_every_micro_step=True), dict(clip_every_micro_step=True, clip_grad=dict(max_norm=1.0), dtype="float16")],
)
def test_refused(kwargs):
    with pytest.raises(ConfigError, match="optim_wrapper"):
        make(**kwargs)
