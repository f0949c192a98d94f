"""Kind ``student``: forward, terms, gradients and a few training steps."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mmxkd.convert.vidlankd import kd_heads, to_official_key
from mmxkd.distill.distiller import Distiller
from mmxkd.engine.optim.decay_by_name import split_by_name
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.parity.vidlankd.build import Steps, all_labelled, build_distiller, grad_norms, text_inputs
from mmxkd.parity.vidlankd.trajectory import check_columns, run_steps

_UNUSED_HEAD = "kd2_teacher_head."
_NO_DECAY = ("bias", "LayerNorm.weight")


def check_student(case: Case, report: Report) -> None:
    """Student and teacher of one case, with whichever of the two terms its flags name."""
    config = case.meta["config"]
    files = case.checkpoint()
    directories = {
        side: {name.removeprefix(f"{side}/"): content for name, content in files.items() if name.startswith(f"{side}/")}
        for side in ("student", "teacher")
    }
    heads = kd_heads(directories["student"]["pytorch_model.bin"])
    distiller = build_distiller(config, **directories)
    batch = text_inputs(case.array("input_ids"), case.array("token_labels"), case.array("attention_mask"))
    report.check("B,L", "exact", [config["B"], config["L"]], list(batch["input_ids"].shape))
    report.check("pads", "exact", config["pads"], (config["L"] - batch["attention_mask"].sum(1)).tolist())
    _check_forward(case, report, distiller, batch)
    _check_losses(case, report, distiller, batch, heads)
    _check_decay(case, report, distiller, heads)
    _check_steps(case, report, distiller, batch, heads)


def term_values(distiller: Distiller, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the distiller's losses as the release names them, each with its graph: ``kd1``, ``kd2``, ``token``, ``total``."""
    losses = distiller(batch, [], mode="loss")
    weights = {term.name: term.weight for term in distiller.terms}
    values = {name: losses[f"loss_{name}"] / weights[name] if weights.get(name) else torch.zeros(()) for name in ("kd1", "kd2")}
    return {**values, "token": losses["loss_mlm"], "total": distiller.parse_losses(losses)[0]}


def _check_forward(case: Case, report: Report, distiller: Distiller, batch: dict[str, Tensor]) -> None:
    distiller.eval()
    everything = all_labelled(batch)
    with torch.no_grad():
        student = distiller.student.extract(everything, None, {"hidden", "mlm_logits"})
        teacher = distiller.teacher(everything, [], {"hidden"}).tensors["hidden"]
        values = term_values(distiller, batch)
    report.compare("teacher_sequence_output", "forward", case.array("teacher_sequence_output"), teacher)
    report.compare("teacher_sequence_normalised", "forward", case.array("teacher_sequence_normalised"), F.normalize(teacher, dim=-1))
    report.compare("student_sequence_output", "forward", case.array("student_sequence_output"), student["hidden"])
    expected = case.array("student_mlm_logits")
    report.compare("student_mlm_logits", "forward", expected, student["mlm_logits"].reshape(expected.shape))
    for term in distiller.terms:
        assert term.connector is not None
        with torch.no_grad():
            report.compare(f"{term.name}_head", "forward", case.array(f"{term.name}_head"), term.connector(student["hidden"]))
    _compare_losses(case, report, "eval", values)


def _compare_losses(case: Case, report: Report, stage: str, values: Mapping[str, Tensor]) -> None:
    for name, value in values.items():
        key = f"{stage}_{'token_loss' if (stage, name) == ('eval', 'token') else name}"
        if case.has(key):
            report.compare(key, "kd_loss" if name.startswith("kd") else "loss", case.array(key), value)


def _check_losses(case: Case, report: Report, distiller: Distiller, batch: dict[str, Tensor], heads: tuple[str, ...]) -> None:
    distiller.train()
    for stage, norms in case.meta["grad_norms"].items():
        distiller.zero_grad()
        values = term_values(distiller, batch)
        values[stage].backward()
        ours = grad_norms(distiller, list(norms), lambda name: _published(name, heads))
        for name, expected in norms.items():
            report.compare(f"grad_norms/{stage}/{name}", "grad_norm", expected, ours[name])
        if stage == "total":
            _compare_losses(case, report, "train", values)
            embedding = distiller.student.lm.get_input_embeddings().weight
            report.compare("grad_word_emb", "grad_norm", np.linalg.norm(case.array("grad_word_emb")), embedding.grad.norm())
            error = (embedding.grad - torch.from_numpy(case.array("grad_word_emb"))).norm()
            report.check("grad_word_emb/difference", _as_absolute(report, case), 0.0, float(error))


def _as_absolute(report: Report, case: Case) -> dict[str, float]:
    """Return the relative bar of gradient norms as an absolute one for the norm of a difference."""
    return {"atol": report.bars["grad_norm"]["rtol"] * float(np.linalg.norm(case.array("grad_word_emb")))}


def _published(name: str, heads: tuple[str, ...]) -> str:
    """Return the published name of a distiller's parameter."""
    plain = name.removeprefix("student.") if name.startswith("student.") else f"distill.{name}"
    return to_official_key(plain, heads)


def _check_decay(case: Case, report: Report, distiller: Distiller, heads: tuple[str, ...]) -> None:
    """Groups by name; the head the release never calls is not built here and belongs to neither."""
    ours = split_by_name(distiller, _NO_DECAY)
    for key, group in zip(("weight_decay_group", "no_decay_group"), ours, strict=True):
        expected = sorted(name for name in case.meta[key] if not name.startswith(_UNUSED_HEAD))
        report.check(key, "exact", expected, sorted(_published(name, heads) for name in group))


def _check_steps(case: Case, report: Report, distiller: Distiller, batch: dict[str, Tensor], heads: tuple[str, ...]) -> None:
    settings, ratio = case.meta["config"]["traj"], case.meta["config"]["voken_ratio"]
    distiller.zero_grad()
    steps = Steps(distiller, settings, settings["warmup"])
    ids, labels = (case.array(key).reshape(-1, *batch["input_ids"].shape) for key in ("traj_input_ids", "traj_labels"))

    def loss_of(number: int) -> dict[str, Any]:
        return term_values(distiller, text_inputs(ids[number], labels[number]))

    rows = run_steps(steps, loss_of, len(ids), ("kd1", "kd2", "token", "total"))
    recorded = case.array("traj_kd1_kd2_token_loss_gradnorm_lr")
    check_columns(report, recorded, rows, settings, lambda row: ratio * (row[0] + row[1]) + row[2])
    distiller.eval()
    with torch.no_grad():
        _compare_losses(case, report, "after", term_values(distiller, batch))
    final = {_published(name, heads): parameter for name, parameter in distiller.named_parameters()}
    for name, expected in case.meta["final_param_norms"].items():
        report.compare(f"final_param_norms/{name}", "grad_norm", expected, final[name].detach().norm())
