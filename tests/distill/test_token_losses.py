"""Losses over tokens: equal to what their formulas say, blind to what is not valid, and never NaN."""

import pytest
import torch
import torch.nn.functional as F

from mmxkd.distill.connectors_mlp import MLPConnector
from mmxkd.distill.losses.contrastive import in_batch_contrast
from mmxkd.distill.losses.memory_bank_crd import MemoryBankCRD
from mmxkd.distill.losses.nst import nst
from mmxkd.distill.losses.soft_labels import teacher_argmax
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

TOKEN_LOSSES = {
    "NST": {},
    "InBatchContrast": {},
    "TokenRegression": {},
    "TokenHinge": dict(negatives="batch", margin=50.0),
}
ALL = torch.ones(4, dtype=torch.bool)


def pair(seed=0, shape=(4, 5, 6)):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).requires_grad_(), torch.randn(shape, generator=generator)


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_invalid_samples_and_padding_leave_no_trace(name):
    loss = MODELS.build(dict(type=name, **TOKEN_LOSSES[name]))
    student, teacher = pair()
    valid = torch.tensor([True, False, True, True])
    mask = torch.ones(4, 5, dtype=torch.int64)
    mask[0, 3:] = 0
    value = loss(student, teacher, valid, mask=mask)
    value.backward()
    reached = student.grad.abs().sum(2) > 0
    assert torch.equal(reached, valid[:, None] & (mask == 1))

    broken = teacher.clone()
    broken[1], broken[0, 3:] = float("nan"), float("inf")
    torch.testing.assert_close(loss(student, broken, valid, mask=mask), value)
    torch.testing.assert_close(loss(student[valid], teacher[valid], ALL[:3], mask=mask[valid]), value)
    assert not torch.isclose(loss(student, teacher, valid), value)


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_nothing_valid_is_zero_with_a_graph(name):
    loss = MODELS.build(dict(type=name, **TOKEN_LOSSES[name]))
    student, teacher = pair()
    value = loss(student, teacher, ~ALL)
    value.backward()
    assert value == 0
    assert (student.grad == 0).all()


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_half_precision_is_accumulated_in_float32(name):
    loss = MODELS.build(dict(type=name, **TOKEN_LOSSES[name]))
    student, teacher = pair()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(student, teacher, ALL)
    assert value.dtype == torch.float32
    if name in ("NST", "InBatchContrast"):
        torch.testing.assert_close(value, loss(student, teacher, ALL), atol=0, rtol=1e-6)


def test_nst_is_the_mean_over_pairs_of_units():
    student, teacher = pair(shape=(2, 3, 4))
    expected = torch.zeros(())
    for ours, theirs in zip(student, teacher, strict=True):
        ours, theirs = (F.normalize(F.normalize(side, dim=1), dim=0) for side in (ours, theirs))
        for left, right, sign in ((ours, ours, 1), (ours, theirs, -2), (theirs, theirs, 1)):
            expected = expected + sign * sum((left[:, a] @ right[:, b]) ** 2 for a in range(4) for b in range(4)) / 16
    torch.testing.assert_close(nst(student, teacher, ALL[:2]), expected / 2)
    released = nst(student, teacher, ALL[:2], reduction="published", teacher_term=False)
    assert released < 0
    torch.testing.assert_close(nst(teacher, teacher, ALL[:2]), torch.zeros(()), atol=1e-6, rtol=0)


def test_nst_takes_teachers_of_another_width():
    student, _ = pair()
    assert nst(student, torch.randn(4, 5, 9), ALL) > 0
    with pytest.raises(ValueError, match=r"\(4, 5, 6\).*\(4, 7, 9\)"):
        nst(student, torch.randn(4, 7, 9), ALL)


def test_contrast_of_one_sample_is_zero_and_reductions_differ_by_the_rows():
    student, teacher = pair()
    assert in_batch_contrast(student[:1], teacher[:1], ALL[:1]) == 0
    mean, released = (in_batch_contrast(student, teacher, ALL, reduction=name) for name in ("mean", "published"))
    torch.testing.assert_close(released, mean / 8)
    aligned = in_batch_contrast(teacher, teacher, ALL, temperature=0.1)
    assert aligned < in_batch_contrast(student, teacher, ALL, temperature=0.1)


def test_regression_of_unit_vectors_is_two_minus_two_cosines():
    student, teacher = pair()
    value = MODELS.build(dict(type="TokenRegression"))(student, teacher, ALL)
    torch.testing.assert_close(value, (2 - 2 * F.cosine_similarity(student, teacher, dim=2)).mean())


def test_argmax_labels():
    student, teacher = torch.randn(4, 7), torch.randn(4, 7)
    expected = F.cross_entropy(student, teacher.argmax(1))
    torch.testing.assert_close(MODELS.build(dict(type="TeacherArgmax"))(student, teacher, ALL), expected)
    with pytest.raises(ValueError, match="must agree"):
        teacher_argmax(student, teacher[:, :5], ALL)


def test_memory_bank_remembers_and_saves_what_it_needs():
    torch.manual_seed(0)
    loss = MemoryBankCRD(6, num_data=10, num_negatives=3).train()
    student, teacher = pair()
    index = torch.tensor([1, 5, 7, 2])
    before = loss.student_bank.clone()
    loss(student, teacher, ALL, index).backward()
    changed = (loss.student_bank != before).any(1).nonzero().flatten()
    assert changed.tolist() == [1, 2, 5, 7]
    assert (loss.constants[1:3] > 0).all()
    assert loss.constants[3] == 0.5
    kept = loss.constants.clone()
    loss(student, teacher, ALL, index)
    assert torch.equal(loss.constants, kept)
    other = MemoryBankCRD(6, num_data=10, num_negatives=3)
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.constants, kept)
    frozen = loss.eval().student_bank.clone()
    loss(student, teacher, ALL, index)
    assert torch.equal(loss.student_bank, frozen)


def test_memory_bank_learns_to_tell_samples_apart():
    torch.manual_seed(0)
    loss = MemoryBankCRD(6, num_data=8, num_negatives=7).train()
    student, teacher = pair()
    optimizer, values = torch.optim.Adam(loss.parameters(), 0.01), []
    for _ in range(40):
        value = loss(student.detach(), teacher, ALL, torch.arange(4))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(float(value.detach()))
    assert sum(values[-5:]) < 0.9 * sum(values[:5])


def test_memory_bank_per_token_and_rows_out_of_range():
    student, teacher = pair()
    loss = MemoryBankCRD(6, num_data=10, per_token=True)
    mask = torch.ones(4, 5, dtype=torch.int64)
    mask[:, 3:] = 0
    loss(student, teacher, ALL, torch.arange(4), mask=mask).backward()
    assert (student.grad[:, 3:] == 0).all()
    with pytest.raises(ConfigError, match=r"num_data=10.*sample 11"):
        loss(student, teacher, ALL, torch.tensor([0, 1, 2, 11]))
    assert loss(student, teacher, ~ALL, torch.arange(4)) == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("NST", dict(reduction="sum")),
        ("InBatchContrast", dict(temperature=0)),
        ("TokenHinge", dict(margin=-1)),
        ("MemoryBankCRD", dict(in_features=4, num_data=1)),
    ],
)
def test_options_are_checked(name, options):
    with pytest.raises(ConfigError, match="accepted"):
        MODELS.build(dict(type=name, **options))


def test_connector_gives_unit_vectors_of_the_teachers_width():
    connector = MLPConnector(6, 9)
    out = connector(torch.randn(4, 5, 6))
    torch.testing.assert_close(out.norm(dim=-1), torch.ones(4, 5))
    assert out.shape == (4, 5, 9)
    assert MLPConnector(6, normalize=False)(torch.randn(2, 6)).norm() != 1
