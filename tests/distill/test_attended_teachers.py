import sys
from pathlib import Path

import pytest
import torch

from mmxkd.distill.connectors import TeacherAttention
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.teachers.ensemble import TeacherEnsemble
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

sys.path.insert(0, str(Path(__file__).parent))
from toys import CLASSES, FixedTeacher, ToyModel, toy_batch

WIDTH, OTHER = 8, 6


@pytest.fixture
def said():
    torch.manual_seed(0)
    return torch.randn(4, WIDTH), torch.randn(4, 3, OTHER), torch.randn(4, 3, 5)


def test_shares_are_those_of_multihead_attention(said):
    query, keys, _ = said
    attention = TeacherAttention(WIDTH, OTHER, num_heads=2)
    theirs = torch.nn.MultiheadAttention(WIDTH, 2, kdim=OTHER, vdim=OTHER, batch_first=True)
    attention.load_state_dict(
        {
            "query.weight": theirs.q_proj_weight,
            "key.weight": theirs.k_proj_weight,
            "query.bias": theirs.in_proj_bias[:WIDTH],
            "key.bias": theirs.in_proj_bias[WIDTH : 2 * WIDTH],
        }
    )
    valid = torch.ones(4, 3, dtype=torch.bool)
    torch.testing.assert_close(attention(query, keys, valid), theirs(query[:, None], keys, keys)[1][:, 0])


def test_teachers_that_know_nothing_of_a_sample_are_left_out(said):
    query, keys, logits = said
    valid = torch.tensor([[True, True, False], [False, False, False], [True, True, True], [False, True, False]])
    keys[~valid], logits[~valid] = float("nan"), float("nan")
    attention = TeacherAttention(WIDTH, OTHER)
    shares = attention(query, keys, valid)
    torch.testing.assert_close(shares.sum(1), torch.tensor([1.0, 0, 1, 1]))
    assert (shares[~valid] == 0).all()
    assert shares[3].tolist() == [0, 1, 0]
    loss = MODELS.build(dict(type="AttendedTeachers", attention=attention, loss=dict(type="KLDivergence")))
    student = torch.randn(4, 5, requires_grad=True)
    loss(student, logits, valid, query, keys).backward()
    assert (student.grad.abs().sum(1) > 0).tolist() == [True, False, True, True]
    assert all(parameter.grad.isfinite().all() for parameter in attention.parameters())


def _distiller(trainable=True):
    torch.manual_seed(1)
    teachers = [FixedTeacher({"logits": torch.randn(6, CLASSES), "feat": torch.randn(6, OTHER)}) for _ in range(3)]
    attention = dict(type="TeacherAttention", student_features=WIDTH, teacher_features=OTHER, trainable=trainable)
    term = dict(
        loss=dict(type="AttendedTeachers", attention=attention, loss=dict(type="KLDivergence", temperature=2.0)),
        student="logits",
        teacher="logits",
        inputs=dict(query="student.feat", keys="teacher.feat"),
    )
    return Distiller(ToyModel(width=WIDTH), TeacherEnsemble(teachers, reduce="stack"), [term])


def test_attention_is_trained_and_saved_with_the_student():
    model = _distiller()
    model(*toy_batch(), mode="loss")["loss_attendedteachers"].backward()
    assert {name for name, p in model.named_parameters() if "attention" in name and p.grad is not None} == {
        f"terms.0.loss.attention.{part}.{kind}" for part in ("query", "key") for kind in ("weight", "bias")
    }
    assert "distill.terms.0.loss.attention.query.weight" in model.state_dict()


def test_attention_stays_as_drawn_where_the_config_says_so():
    model = _distiller(trainable=False)
    assert not [name for name, parameter in model.named_parameters() if "attention" in name and parameter.requires_grad]
    model(*toy_batch(), mode="loss")["loss_attendedteachers"].backward()


def test_widths_and_heads_are_checked(said):
    query, keys, _ = said
    with pytest.raises(ConfigError, match="num_heads=3; accepted: a divisor of student_features=8"):
        TeacherAttention(WIDTH, OTHER, num_heads=3)
    with pytest.raises(ValueError, match="expects widths 8 and 7"):
        TeacherAttention(WIDTH, 7)(query, keys, torch.ones(4, 3, dtype=torch.bool))
