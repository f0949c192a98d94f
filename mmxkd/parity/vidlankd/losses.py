"""Kinds ``losses``, ``crd_memory_bank`` and ``lr_schedule``."""

import re
from typing import Any

import torch
from torch import Tensor

from mmxkd.distill.losses.contrastive import in_batch_contrast
from mmxkd.distill.losses.memory_bank_crd import MemoryBankCRD
from mmxkd.distill.losses.nst import nst, selectivity_distance
from mmxkd.engine.optim.linear_warmup import LinearWarmupLR
from mmxkd.models.language.hinge import paired_hinge
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

#: The released token-versus-clip loss ignores its temperature argument.
_TOKEN_CLIP_TEMPERATURE = 0.5


def check_losses(case: Case, report: Report) -> None:
    """Values and gradients of every loss on plain tensors."""
    for key in sorted(key for key in case.arrays if key.endswith("_out") or "_out_" in key):
        name = key.replace("_out", "")
        kind = name.split("_")[0]
        _CHECKS[kind](case, report, name)
    shapes = case.meta["shapes"]
    kd1 = case.array("kd1_S").shape
    report.check("shapes", "exact", [shapes["B"], shapes["L"], shapes["H"]], list(kd1))
    report.check("shapes/Ht", "exact", shapes["Ht"], case.array("nst_ft").shape[1])
    found = {re.sub(r"hinge_B\d+_m([\d.]+)_v\d_out", r"\1", key) for key in case.arrays if re.match(r"hinge_.*_out$", key)}
    report.check("margins", "exact", sorted(case.meta["margins"]), sorted(map(float, found)))
    temperatures = {float(key.removeprefix("ntx_out_")) for key in case.arrays if key.startswith("ntx_out_")}
    report.check("temps", "exact", sorted(case.meta["temps"]), sorted(temperatures))


def _leaf(case: Case, key: str) -> Tensor:
    return torch.from_numpy(case.array(key)).requires_grad_()


def _everywhere(tokens: Tensor) -> Tensor:
    return torch.ones(len(tokens), dtype=torch.bool)


def _compare(case: Case, report: Report, name: str, out: str, value: Tensor, grads: dict[str, Tensor]) -> None:
    report.compare(name, "loss", case.array(out), value)
    if grads:
        value.backward()
    for key, leaf in grads.items():
        report.compare(key, "grad", case.array(key), leaf.grad)


def _check_nst(case: Case, report: Report, name: str) -> None:
    """Maps are (1, C, L): channels as units, positions last."""
    student, teacher = _leaf(case, f"{name}_fs"), _leaf(case, f"{name}_ft")
    value = selectivity_distance(student.transpose(1, 2), teacher.detach().transpose(1, 2), teacher_term=False).sum()
    _compare(case, report, name, f"{name}_out", value, {f"{name}_grad": student})


def _check_kd1(case: Case, report: Report, name: str) -> None:
    student, teacher = _leaf(case, f"{name}_S"), _leaf(case, f"{name}_T")
    value = nst(student, teacher.detach(), _everywhere(student), reduction="published", token_norm=False, teacher_term=False)
    _compare(case, report, name, f"{name}_out", value, {f"{name}_grad": student})


def _check_kd2(case: Case, report: Report, name: str) -> None:
    student, teacher = _leaf(case, f"{name}_S"), _leaf(case, f"{name}_T")
    value = in_batch_contrast(student, teacher.detach(), _everywhere(student), reduction="published")
    _compare(case, report, name, f"{name}_out", value, {f"{name}_grad": student})


def _check_ntx(case: Case, report: Report, name: str) -> None:
    temperature = name.split("_")[1]
    student, teacher = _leaf(case, f"ntx_zi_{temperature}"), _leaf(case, f"ntx_zj_{temperature}")
    tokens = student[:, None], teacher[:, None].detach()
    value = in_batch_contrast(*tokens, _everywhere(student), temperature=float(temperature), reduction="published")
    _compare(case, report, name, f"ntx_out_{temperature}", value, {f"ntx_grad_{temperature}": student})


def _check_hinge(case: Case, report: Report, name: str) -> None:
    margin = float(name.split("_m")[1].split("_")[0])
    tokens, clips = _leaf(case, f"{name}_lang"), _leaf(case, f"{name}_visn")
    value = paired_hinge(tokens, clips, torch.from_numpy(case.array(f"{name}_mask")), margin)
    _compare(case, report, name, f"{name}_out", value, {f"{name}_glang": tokens, f"{name}_gvisn": clips})


def _check_tokvid(case: Case, report: Report, name: str) -> None:
    tokens = torch.from_numpy(case.array(f"{name}_z"))
    clips = torch.from_numpy(case.array(f"{name}_v"))[:, None].expand_as(tokens)
    value = in_batch_contrast(tokens, clips, _everywhere(tokens), temperature=_TOKEN_CLIP_TEMPERATURE, reduction="published")
    report.compare(name, "loss", case.array(f"{name}_out"), value)


_CHECKS: dict[str, Any] = {
    "hinge": _check_hinge,
    "kd1": _check_kd1,
    "kd2": _check_kd2,
    "nst": _check_nst,
    "ntx": _check_ntx,
    "tokvid": _check_tokvid,
}


def check_crd_memory_bank(case: Case, report: Report) -> None:
    """Losses, parameter vector and banks over a few calls."""
    meta = case.meta
    loss = MemoryBankCRD(
        meta["H"], meta["n_data"], temperature=meta["nce_t"], momentum=meta["nce_m"], mode="published", per_token=True
    ).train()
    for layer, name in ((loss.embed_student, "embed_s"), (loss.embed_teacher, "embed_t")):
        layer.weight.data = torch.from_numpy(case.array(f"{name}_w"))
        layer.bias.data = torch.from_numpy(case.array(f"{name}_b"))
    # The release's bank 1 keeps the student's vectors, bank 2 the teacher's.
    loss.student_bank = torch.from_numpy(case.array("memory_v1_0")).clone()
    loss.teacher_bank = torch.from_numpy(case.array("memory_v2_0")).clone()
    students, teachers, columns = (torch.from_numpy(case.array(key)) for key in ("f_s", "f_t", "idx"))
    report.check("y", "exact", case.array("y"), columns[:, :, 0])
    report.check("B,H", "exact", [meta["B"], meta["H"]], list(students.shape[1:]))
    negatives = meta["B"] - 1 if meta["K"] == "batch-1" else meta["K"]
    report.check("K", "exact", negatives, columns.shape[2] - 1)
    with torch.no_grad():
        for call, (student, teacher, rows) in enumerate(zip(students, teachers, columns, strict=True)):
            report.compare(f"loss/{call}", "loss", case.array("loss")[call], loss.contrast(student, teacher, rows))
            report.compare(f"params_after/{call}", "loss", case.array("params_after")[call], loss.constants)
    last = len(students)
    report.compare("memory_v1", "loss", case.array(f"memory_v1_{last}"), loss.student_bank)
    report.compare("memory_v2", "loss", case.array(f"memory_v2_{last}"), loss.teacher_bank)


def check_lr_schedule(case: Case, report: Report) -> None:
    """The rate of every optimizer step."""
    for base, warmup, total in case.meta["rows"]:
        key = f"lr{base}_w{warmup}_t{total}"
        expected = case.array(key)
        ours = [LinearWarmupLR.lr_at(step, base, warmup_steps=warmup, total_steps=total) for step in range(len(expected))]
        report.compare(key, "lr", expected, ours)
