import copy
import sys
from pathlib import Path

import pytest
import torch

from mmxkd.distill.distiller import Distiller
from mmxkd.distill.recipes import LogitDistiller
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

sys.path.insert(0, str(Path(__file__).parent))
from toys import FixedTeacher, ToyModel, toy_batch

KD = dict(loss=dict(type="KLDivergence", temperature=2.0), student="logits", teacher="logits", name="kd")


def online(width=7):
    return OnlineTeacher(dict(type="ToyModel", width=width))


def test_one_student_pass_serves_task_and_terms_and_nothing_unasked():
    distiller = Distiller(ToyModel(), online(), [KD])
    distiller.prepare_teacher()
    losses = distiller(*toy_batch(), mode="loss")
    assert distiller.student.asked == [{"logits"}]
    assert set(losses) == {"loss_cls", "raw_cls", "loss_kd", "raw_kd"}


def test_total_is_the_weighted_sum_of_what_the_log_shows():
    distiller = LogitDistiller(ToyModel(), online(), alpha=0.2, temperature=4)
    distiller.prepare_teacher()
    losses = distiller(*toy_batch(), mode="loss")
    total, log = distiller.parse_losses(losses)
    torch.testing.assert_close(log["loss_kd"], 0.2 * log["raw_kd"])
    torch.testing.assert_close(log["loss_cls"], 0.8 * log["raw_cls"])
    torch.testing.assert_close(total.detach(), log["loss_kd"] + log["loss_cls"])


def test_task_weights_by_name():
    distiller = Distiller(ToyModel(), online(), [KD], task_weight={"loss_cls": 0.25})
    distiller.prepare_teacher()
    losses = distiller(*toy_batch(), mode="loss")
    torch.testing.assert_close(losses["loss_cls"].detach(), 0.25 * losses["raw_cls"])


def test_teacher_is_frozen_and_nowhere():
    distiller = Distiller(ToyModel(), online(), [KD])
    distiller.prepare_teacher()
    teacher = distiller.teacher.model
    before = copy.deepcopy(teacher.state_dict())
    optimizer = torch.optim.SGD(distiller.parameters(), lr=0.5)
    distiller.train()
    for seed in range(3):
        optimizer.zero_grad()
        distiller.parse_losses(distiller(*toy_batch(seed=seed), mode="loss"))[0].backward()
        optimizer.step()
    after = teacher.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert not any(module.training for module in teacher.modules())
    assert not any(p.requires_grad or p.grad is not None for p in teacher.parameters())
    student_parameters = {id(p) for p in distiller.student.parameters()}
    assert {id(p) for p in distiller.parameters()} == student_parameters
    assert set(distiller.state_dict()) == set(distiller.student.state_dict())
    assert copy.deepcopy(distiller).teacher is distiller.teacher
    distiller.double()
    assert teacher.hidden.weight.dtype == torch.float64


def test_checkpoint_is_a_student_checkpoint_and_loads_back():
    connector = dict(type="LinearConnector", in_features=5, out_features=7)
    term = dict(loss=dict(type="MSE"), student="feat", teacher="feat", connector=connector)
    distiller = Distiller(ToyModel(), online(), [term])
    state = distiller.state_dict()
    extra = {key for key in state if key.startswith("distill.")}
    assert extra == {"distill.terms.0.connector.fc.weight", "distill.terms.0.connector.fc.bias"}
    ToyModel().load_state_dict({key: value for key, value in state.items() if key not in extra})
    other = Distiller(ToyModel(), online(), [term])
    other.load_state_dict(state)
    assert all(torch.equal(a, b) for a, b in zip(distiller.parameters(), other.parameters(), strict=True))
    wrapped = torch.nn.ModuleDict({"module": distiller})
    assert set(wrapped.state_dict()) == {f"module.{key}" for key in state}
    wrapped.load_state_dict(wrapped.state_dict())


def test_a_stopped_term_asks_the_teacher_nothing_and_keeps_its_edge():
    teacher = FixedTeacher({"feat": torch.randn(6, 7)})
    connector = dict(type="LinearConnector", in_features=5, out_features=7)
    term = dict(loss=dict(type="MSE"), student="feat", teacher="feat", connector=connector, stop=0.5, by="fraction")
    distiller = Distiller(ToyModel(), teacher, [term])
    for step in range(4):
        distiller.set_progress(step, 4, 0, 1)
        distiller.zero_grad()
        distiller.parse_losses(distiller(*toy_batch(), mode="loss"))[0].backward()
        grad = distiller.terms[0].connector.fc.weight.grad
        assert (grad.abs().sum() > 0) == (step < 2)
        assert all(p.grad is not None for p in distiller.parameters())
    assert teacher.calls == 2


@pytest.mark.parametrize(
    ("side", "term"),
    [("student", dict(student="hidden", teacher="logits")), ("teacher", dict(student="logits", teacher="hidden"))],
)
def test_what_a_side_cannot_give_is_said_at_build_time(side, term):
    with pytest.raises(ConfigError, match=rf"the {side} cannot give \['hidden'\]"):
        Distiller(ToyModel(), online(), [dict(loss=dict(type="MSE"), **term)])


def test_levels_are_mapped_over_what_both_sides_have():
    teacher = FixedTeacher({"cls/0": torch.zeros(6, 2), "cls/1": torch.zeros(6, 1), "cls/2": torch.zeros(6, 1)})
    distiller = Distiller(ToyModel(), teacher, [dict(loss=dict(type="MSE"), student="cls/*", teacher="cls/*")])
    assert distiller.terms[0].pairs == [("cls/0", "cls/0"), ("cls/1", "cls/1")]
    inputs, samples = toy_batch()
    losses = distiller(inputs, samples, mode="loss")
    outputs = distiller.student.extract(inputs, samples, {"cls/0", "cls/1"})
    torch.testing.assert_close(losses["raw_mse"], outputs["cls/0"].square().mean() + outputs["cls/1"].square().mean())


def test_published_numbers_without_their_terms_are_errors():
    for name in ("beta", "gamma"):
        with pytest.raises(ConfigError, match=f"released code accepts {name} and never reads it"):
            LogitDistiller(ToyModel(), online(), **{name: 0.3})
    with pytest.raises(ConfigError, match=r"without model\.beta"):
        LogitDistiller(ToyModel(), online(), stage_terms=[dict(loss=dict(type="MSE"), student="feat", teacher="feat")])
    with pytest.raises(ConfigError, match=r"alpha=1\.5"):
        LogitDistiller(ToyModel(), online(), alpha=1.5)


def test_two_terms_of_one_name_are_an_error():
    distiller = Distiller(ToyModel(), FixedTeacher({"logits": torch.zeros(6, 3)}), [KD, KD])
    with pytest.raises(ValueError, match="'kd'"):
        distiller(*toy_batch(), mode="loss")


def test_predict_and_tensor_are_the_students():
    distiller = MODELS.build(
        dict(type="Distiller", student=dict(type="ToyModel"), teacher=dict(type="OnlineTeacher", model=dict(type="ToyModel")), terms=[KD])
    )
    distiller.eval()
    inputs, samples = toy_batch()
    assert torch.equal(distiller(inputs), distiller.student(inputs))
    assert "pred_score" in distiller(inputs, samples, mode="predict")[0]
    assert distiller.teacher.model is None
