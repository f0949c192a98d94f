"""The student of anticipation under the distiller."""

import sys
from pathlib import Path

import pytest
import torch

from mmxkd.distill.distiller import Distiller
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

sys.path.insert(0, str(Path(__file__).parent))
from toys import FixedTeacher

WIDTH, TEXT, CLASSES = 6, 4, 5
TERMS = [
    dict(loss=dict(type="ClassSubsetKL", temperature=5.0, mode="top_k", k=3), student="logits", teacher="logits", weight=2.0, name="kd"),
    dict(
        loss=dict(type="CosineDistance"),
        student="feat",
        teacher="feat",
        connector=dict(type="LinearConnector", in_features=WIDTH, out_features=TEXT),
    ),
    dict(
        loss=dict(type="NormalizedMSE"),
        student="feat",
        teacher="feat",
        connector=dict(type="LinearConnector", in_features=WIDTH, out_features=TEXT),
    ),
]


@pytest.fixture
def model():
    torch.manual_seed(0)
    student = dict(
        type="AVT",
        backbone=dict(type="IdentityBackbone", in_channels=WIDTH),
        backbone_dim=WIDTH,
        future_predictor=dict(num_layers=1, num_heads=2, hidden_size=8, max_positions=8, dropout=0.0),
        num_classes=dict(action=CLASSES),
        dropout=0.0,
        loss_weights=dict(past_cls_action=0.1),
    )
    known = torch.tensor([True, True, False])
    said = {"logits": torch.randn(3, CLASSES), "feat": torch.randn(3, TEXT)}
    said = {key: value.masked_fill(~known[:, None], torch.nan) for key, value in said.items()}
    return Distiller(MODELS.build(student), FixedTeacher(said, {"logits": known, "feat": known}), TERMS)


@pytest.fixture
def batch():
    video = torch.randn(3, 1, WIDTH, 4, 1, 1, generator=torch.Generator().manual_seed(1))
    return video, [DataSample(gt_label=torch.tensor(label), past_labels=torch.tensor([-1, 0, 1, 2])) for label in range(3)]


def test_one_pass_serves_the_task_and_every_term(model, batch, monkeypatch):
    passes = []
    predictor = model.student.future_predictor
    monkeypatch.setattr(predictor, "forward", lambda steps, forward=predictor.forward: passes.append(1) or forward(steps))
    losses = model(*batch, mode="loss")
    parts = {"cls_action", "past_cls_action", "feat", "kd", "cosinedistance", "normalizedmse"}
    assert {name for name in losses if name.startswith("loss_")} == {f"loss_{part}" for part in parts}
    assert len(passes) == 1
    model.parse_losses(losses)[0].backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())
    torch.testing.assert_close(losses["loss_kd"], 2 * losses["raw_kd"])


def test_a_sample_the_teacher_does_not_know_is_not_distilled(model, batch):
    outputs = model.student.extract(batch[0], None, {"logits"})
    logits = outputs["logits"].detach().requires_grad_()
    term = model.terms[0]
    signal = model.teacher(None, batch[1], {"logits"})
    term({"logits": logits}, signal).backward()
    assert (logits.grad.abs().sum(1) > 0).tolist() == [True, True, False]


def test_the_checkpoint_is_a_student(model):
    state = model.state_dict()
    student = {key: value for key, value in state.items() if not key.startswith("distill.")}
    assert list(student) == list(model.student.state_dict())
    assert {key.split(".")[2] for key in state if key.startswith("distill.")} == {"1", "2"}


def test_mixed_precision(model, batch):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = model(*batch, mode="loss")
    assert {name: value.dtype for name, value in losses.items() if value.dtype != torch.float32} == {}
    assert all(value.isfinite() for value in losses.values())
