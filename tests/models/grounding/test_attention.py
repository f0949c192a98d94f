import pytest
import torch

from mmxkd.models.grounding.attention import full_attention, local_attention


def plain_local(query, key, value, mask, reach, bias):
    """The definition, pair by pair of positions."""
    length = query.shape[2]
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + torch.where(mask, 0.0, -1e4)[:, None, None, :]
    offsets = torch.arange(length) - torch.arange(length)[:, None]
    inside = offsets.abs() <= reach
    if bias is not None:
        scores = scores + bias[:, (offsets + reach).clamp(0, 2 * reach)]
    return scores.masked_fill(~inside, -torch.inf).softmax(-1) @ value


@pytest.mark.parametrize("length", [1, 15, 16, 50])
@pytest.mark.parametrize(("reach", "biased"), [(1, False), (2, True), (4, True), (12, False)])
def test_local_attention_is_the_definition(length, reach, biased):
    generator = torch.Generator().manual_seed(length)
    query, key, value = (torch.randn(2, 3, length, 4, generator=generator, dtype=torch.float64, requires_grad=True) for _ in range(3))
    mask = torch.arange(length) < torch.tensor([[length], [max(length // 2, 1)]])
    bias = torch.randn(3, 2 * reach + 1, generator=generator, dtype=torch.float64) if biased else None
    valid = mask[:, None, :, None]
    ours = local_attention(query, key, value, mask, reach, bias) * valid
    plain = plain_local(query, key, value, mask, reach, bias) * valid
    assert torch.allclose(ours, plain, atol=1e-12)
    weights = torch.randn(ours.shape, generator=generator, dtype=torch.float64)
    ours_grads = torch.autograd.grad((ours * weights).sum(), (query, key, value))
    plain_grads = torch.autograd.grad((plain * weights).sum(), (query, key, value))
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(ours_grads, plain_grads, strict=True))


def test_full_attention_leaves_padded_keys_out():
    query, key, value = (torch.randn(1, 2, 6, 4) for _ in range(3))
    mask = torch.tensor([[True, True, True, False, False, False]])
    assert torch.allclose(full_attention(query, key, value, mask), full_attention(query, key[:, :, :3], value[:, :, :3], mask[:, :3]))
