import pytest
import torch
import torch.nn.functional as F

from mmxkd.models.layers.token_linear import TokenLinear, token_linear

LARGE, SMALL = (2, 4, 8, 9, 64), (1, 2, 2, 2, 64)  # 576 tokens of 64 channels into 512: above both thresholds


@pytest.mark.parametrize("shape", [LARGE, SMALL])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_is_the_linear_map_with_its_gradients(shape, dtype):
    torch.manual_seed(0)
    leaves = [torch.randn(size, dtype=dtype, requires_grad=True) for size in (shape, (512, 64), (512,))]
    ours, plain = token_linear(*leaves), F.linear(*leaves)
    assert ours.shape == plain.shape
    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)
    signal = torch.randn_like(plain)
    for mine, theirs in zip(torch.autograd.grad(ours, leaves, signal), torch.autograd.grad(plain, leaves, signal), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-3)


def test_large_float_products_on_a_cpu_are_convolutions():
    layer = TokenLinear(64, 512)
    assert "Convolution" in _made_by(layer(torch.randn(LARGE)))
    assert "Convolution" not in _made_by(layer(torch.randn(SMALL)))
    assert "Convolution" not in _made_by(layer.double()(torch.randn(LARGE, dtype=torch.float64)))


def test_strided_tokens_meta_tensors_and_autocast():
    layer = TokenLinear(64, 512)
    tokens = torch.randn(2, 4, 9, 8, 64).transpose(2, 3)
    torch.testing.assert_close(layer(tokens), F.linear(tokens, layer.weight, layer.bias), rtol=1e-4, atol=1e-4)
    assert TokenLinear(64, 512, device="meta")(torch.empty(LARGE, device="meta")).shape == (2, 4, 8, 9, 512)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(tokens).dtype == torch.bfloat16


def _made_by(tensor: torch.Tensor) -> str:
    """Name the graph's nodes from the tensor down to the first that takes parameters."""
    names, node = [], tensor.grad_fn
    while node is not None and len(names) < 4:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return " ".join(names)
