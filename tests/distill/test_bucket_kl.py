"""BucketKL: k classes and the rest."""

import torch

from mmxkd.distill.losses.bucket_kl import bucket_kl_divergence
from mmxkd.distill.losses.kl_divergence import kl_divergence
from mmxkd.registry import MODELS

VALID = torch.tensor([True, True, False, True])


def sides(k, temperature=3.0):
    torch.manual_seed(0)
    student, teacher = torch.randn(4, 6, requires_grad=True), torch.randn(4, 6)
    values, ids = teacher.topk(k)
    return student, teacher, values, ids, 1 - (teacher / temperature).softmax(1).gather(1, ids).sum(1)


def test_one_class_in_the_bucket_is_the_whole_divergence():
    student, teacher, values, ids, rest = sides(5)
    bucket = bucket_kl_divergence(student, values, ids, rest, VALID, 3.0)
    torch.testing.assert_close(bucket, kl_divergence(student, teacher, VALID, 3.0), rtol=1e-4, atol=1e-6)


def test_a_bucket_of_several_by_hand_and_below_the_whole():
    student, teacher, values, ids, rest = sides(2)
    bucket = bucket_kl_divergence(student, values, ids, rest, VALID, 3.0)
    p, q = (teacher / 3).softmax(1), (student / 3).softmax(1)
    merged = [torch.cat([x.gather(1, ids), 1 - x.gather(1, ids).sum(1, keepdim=True)], 1) for x in (p, q)]
    expected = 9 * (merged[0] * (merged[0] / merged[1]).log()).sum(1)[VALID].mean()
    torch.testing.assert_close(bucket, expected, rtol=1e-4, atol=1e-6)
    assert bucket < kl_divergence(student, teacher, VALID, 3.0)


def test_what_is_invalid_has_no_gradient_whatever_it_holds():
    student, _, values, ids, rest = sides(2)
    values[2], rest[2] = float("nan"), float("nan")
    loss = MODELS.build(dict(type="BucketKL", temperature=3.0))(student, values, VALID, ids=ids, rest=rest)
    loss.backward()
    assert torch.isfinite(loss)
    assert (student.grad.abs().sum(1) > 0).tolist() == VALID.tolist()
    nothing = bucket_kl_divergence(student, values, ids, rest, torch.zeros(4, dtype=torch.bool), 3.0)
    assert nothing == 0


def test_a_teacher_sure_of_its_k_has_a_finite_loss():
    student, _, values, ids, _ = sides(2)
    loss = bucket_kl_divergence(student, values + 200, ids, torch.zeros(4), VALID, 1.0)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(student.grad).all()
