import pytest
import torch

from mmxkd.distill.losses.kl_divergence import kl_divergence
from mmxkd.registry import MODELS

# Every registered loss: constructor arguments, and the shape of what it compares.
LOSSES = {
    "KLDivergence": (dict(temperature=4.0), (5, 7)),
    "MSE": ({}, (5, 7)),
    "CosineDistance": ({}, (5, 7)),
    "AttentionTransfer": ({}, (5, 7, 2, 3, 4)),
}


def registered_losses():
    MODELS.import_from_location()
    return {name for name, cls in MODELS.module_dict.items() if cls.__module__.startswith("mmxkd.distill.losses.")}


def test_every_registered_loss_is_in_the_contract():
    assert registered_losses() == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_contract(name):
    options, shape = LOSSES[name]
    loss = MODELS.build(dict(type=name, **options))
    torch.manual_seed(0)
    student, teacher = torch.randn(shape, requires_grad=True), torch.randn(shape)
    valid = torch.tensor([True, False, True, True, False])
    value = loss(student, teacher, valid)
    assert value.shape == ()
    assert value > 0
    value.backward()
    per_sample = student.grad.flatten(1).abs().sum(1)
    assert (per_sample > 0).tolist() == valid.tolist()

    broken = teacher.clone()
    broken[~valid] = float("nan")
    torch.testing.assert_close(loss(student, broken, valid), value)
    kept = loss(student[valid], teacher[valid], torch.ones(3, dtype=torch.bool))
    torch.testing.assert_close(kept, value)

    nothing = loss(student, teacher, torch.zeros(5, dtype=torch.bool))
    student.grad = None
    nothing.backward()
    assert nothing == 0
    assert (student.grad == 0).all()
    same = loss(teacher, teacher, torch.ones(5, dtype=torch.bool))
    torch.testing.assert_close(same, torch.zeros(()), atol=1e-6, rtol=0)
    assert loss(student.bfloat16(), teacher.bfloat16(), valid).dtype == torch.float32


@pytest.mark.parametrize("name", ["KLDivergence", "MSE", "CosineDistance"])
def test_shapes_that_differ_are_errors(name):
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 4\)"):
        MODELS.build(dict(type=name))(torch.zeros(2, 3), torch.zeros(2, 4), torch.ones(2, dtype=torch.bool))


def test_published_form_by_hand():
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0]])
    value = kl_divergence(student, teacher, torch.ones(1, dtype=torch.bool), temperature=10, mode="published")
    # p = 1/2 on both sides: 100 * sum(1/2 * (ln 1/2 - 1/2))
    torch.testing.assert_close(value, torch.tensor(100 * (-0.693147180559945 - 0.5)))


def test_divergence_by_hand():
    student = torch.log(torch.tensor([[0.25, 0.75]]))
    teacher = torch.log(torch.tensor([[0.5, 0.5]]))
    expected = 0.5 * torch.log(torch.tensor(2.0)) + 0.5 * torch.log(torch.tensor(2 / 3))
    valid = torch.ones(1, dtype=torch.bool)
    torch.testing.assert_close(kl_divergence(student, teacher, valid), expected)
    torch.testing.assert_close(kl_divergence(student, teacher, valid, reduction="mean"), expected / 2)


def test_attention_transfer_ignores_channels_and_resamples():
    loss = MODELS.build(dict(type="AttentionTransfer"))
    teacher = torch.rand(2, 8, 2, 4, 4)
    valid = torch.ones(2, dtype=torch.bool)
    assert loss(teacher[:, :3], teacher, valid) > 0
    flat = torch.ones(2, 3, 2, 4, 4)
    torch.testing.assert_close(loss(flat, torch.ones(2, 5, 4, 8, 8), valid), torch.zeros(()), atol=1e-6, rtol=0)


@pytest.mark.parametrize("options", [dict(temperature=0), dict(mode="reverse"), dict(reduction="sum")])
def test_options_are_checked(options):
    with pytest.raises(ValueError, match="accepted"):
        MODELS.build(dict(type="KLDivergence", **options))
