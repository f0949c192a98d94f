"""Kind ``avth``: the student's outputs, its losses and their gradients."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmxkd.distill.distiller import Distiller
from mmxkd.distill.losses.class_subset_kl import select_classes
from mmxkd.distill.losses.kl_divergence import divergences
from mmxkd.evaluation.recognition import topk_accuracy
from mmxkd.models.anticipation.avt import AVT
from mmxkd.models.anticipation.losses import feature_losses, label_losses
from mmxkd.models.base import Outputs
from mmxkd.parity.anticipation.student_build import Said, arrays_below, build_avt, crops_of, load_official, samples_of
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.structures import DataSample

DISTILL = "distill"


def kd_config(text: str) -> dict[str, Any]:
    """Read ``T=10 full``, ``T=5 top50`` or ``T=5 tmb8`` as the config of a loss with the published mean over classes."""
    found = re.fullmatch(r"T=([\d.]+)[ ,]+(full|topk?|tmb|top_mid_bottom)[ _=k]*(\d*)", text.strip())
    if found is None:
        raise ValueError(f"kd={text!r} is not understood")
    mode = {"full": "full", "top": "top_k", "topk": "top_k"}.get(found[2], "top_mid_bottom")
    size = {"k": int(found[3])} if found[3] else {}
    return dict(type="ClassSubsetKL", temperature=float(found[1]), mode=mode, reduction="mean", **size)


def check_avth(case: Case, report: Report) -> None:
    """Every intermediate output, each loss before its mean, the total and its gradients."""
    hparams, weights = case.meta["hparams"], case.meta["loss_weights"]
    checkpoint = case.checkpoint()
    model = load_official(build_avt(hparams, weights), checkpoint)
    _check_constants(case, report, model, checkpoint["model"])
    crops, batch = crops_of(case.array("in/video")), arrays_below(case, "in/")
    report.check("in/idx", "exact", list(range(hparams["B"])), batch["idx"].tolist())
    report.check("in/video", "exact", [hparams["clips"], hparams["frames"]], [crops[0].shape[1], crops[0].shape[3]])
    samples, kinds = samples_of(batch, list(hparams["num_classes"])), list(hparams["num_classes"])
    with torch.no_grad():
        seen = [model.eval().extract(crop, None, model.available()) for crop in crops]
    outputs = {key: torch.stack([crop[key] for crop in seen]).mean(0) for key in seen[0]}
    _check_outputs(case, report, model, crops, outputs)
    for name, values in all_losses(model, seen, samples).items():
        if case.has(f"eval/loss/{name}"):
            report.compare(f"eval/loss/{name}", "loss", case.array(f"eval/loss/{name}"), values)
    for key in [key for key in case.arrays if key.startswith("eval/acc/")]:
        top, kind = re.fullmatch(r"eval/acc/acc(\d+)/(\w+)", key).groups()  # type: ignore[union-attr]
        logits = outputs["logits" if kind == kinds[0] else f"logits/{kind}"].numpy()
        accuracy = topk_accuracy(logits, batch[f"target/{kind}"], int(top))
        report.compare(key, "forward", case.array(key), 100 * accuracy)
    _check_training(case, report, model, crops, samples, torch.from_numpy(batch["lm_pred"]))


def _check_constants(case: Case, report: Report, model: AVT, official: dict[str, Tensor]) -> None:
    """Parameters, and the class tables, which our checkpoints do not hold."""
    report.check("params", "exact", case.meta["params"], sum(p.numel() for p in model.parameters()))
    for name, table in model.named_buffers():
        if name in official:
            report.check(name, "exact", official[name].numpy(), table)


def _check_outputs(case: Case, report: Report, model: AVT, crops: Sequence[Tensor], outputs: Outputs) -> None:
    with torch.no_grad():
        features = torch.stack([model.backbone(crop.flatten(0, 1)) for crop in crops]).mean(0)
        steps = features.flatten(3).mean(-1).transpose(1, 2)
        projected = model.mapper_to_inter(steps)
    ours = {
        "backbone": features,
        "backbone_mean": features.flatten(2).mean(-1),
        "temp_agg": steps,
        "temp_agg_projected": projected,
        "future": outputs["feat"],
        "future_agg": outputs["feat"],
        "future_projected": outputs["frame_feat"],
        "past": outputs["past_feat"],
    }
    for kind in model.classes:
        for part in ("logits", "past_logits"):
            ours[f"{part}/{kind}"] = outputs[part if kind == model.main else f"{part}/{kind}"]
    for name, value in ours.items():
        if case.has(f"eval/{name}"):
            report.compare(f"eval/{name}", "forward", case.array(f"eval/{name}"), value)


def all_losses(model: AVT, seen: Sequence[Outputs], samples: Sequence[DataSample]) -> dict[str, Tensor]:
    """Return the task losses before their mean, averaged over the crops."""
    values: dict[str, list[Tensor]] = {}
    for outputs in seen:
        values.setdefault("feat", []).append(feature_losses(outputs["predicted_feat"], outputs["frame_feat"]))
        for kind in model.classes:
            is_main = kind == model.main
            fields = {"cls": "gt_label" if is_main else f"gt_{kind}", "past_cls": "past_labels" if is_main else f"past_{kind}s"}
            for name, part in (("cls", "logits"), ("past_cls", "past_logits")):
                if fields[name] in samples[0]:
                    labels = torch.stack([sample.get(fields[name]) for sample in samples])
                    values.setdefault(f"{name}_{kind}", []).append(label_losses(outputs[part if is_main else f"{part}/{kind}"], labels))
    return {name: torch.stack(crops).mean(0) for name, crops in values.items()}


def _check_training(case: Case, report: Report, model: AVT, crops: Sequence[Tensor], samples: list[DataSample], said: Tensor) -> None:
    weights, kd = case.meta["loss_weights"], kd_config(case.meta["kd"])
    distiller, teacher = build_distiller(model, weights, kd)
    teacher.logits = said
    distiller.train().zero_grad()
    seen = [model.extract(crop, samples, model.available()) for crop in crops]
    elements = all_losses(model, seen, samples)
    elements[DISTILL] = torch.stack([all_divergences(outputs["logits"], said, kd) for outputs in seen]).mean(0)
    for name, values in elements.items():
        if case.has(f"train/loss/{name}"):
            report.compare(f"train/loss/{name}", "loss", case.array(f"train/loss/{name}"), values)
    for kind in model.classes:
        if case.has(f"train/logits/{kind}"):
            key = "logits" if kind == model.main else f"logits/{kind}"
            ours = torch.stack([outputs[key] for outputs in seen]).mean(0)
            report.compare(f"train/logits/{kind}", "forward", case.array(f"train/logits/{kind}"), ours)
    rows = [distiller(crop, samples, mode="loss") for crop in crops]
    losses = {name: torch.stack([row[name] for row in rows]).mean() for name in rows[0]}
    # Ours leaves out what weighs nothing, whose mean is recorded all the same.
    means = {name: values.mean() for name, values in elements.items()}
    means.update(unweighted(losses, weights))
    for name, value in means.items():
        if case.has(f"train/loss_mean/{name}"):
            report.compare(f"train/loss_mean/{name}", "loss", case.array(f"train/loss_mean/{name}"), value)
    total = distiller.parse_losses(losses)[0]
    report.compare("train/total", "loss", case.array("train/total"), total)
    total.backward()
    _check_gradients(case, report, model)


def _check_gradients(case: Case, report: Report, model: AVT) -> None:
    parameters = dict(model.named_parameters())
    for key in case.arrays:
        kind, _, name = key.partition("/")
        if kind in ("grad", "grad_norm"):
            grad = parameters[name].grad
            grad = torch.zeros_like(parameters[name]) if grad is None else grad
            report.compare(key, "grad", case.array(key), grad if kind == "grad" else grad.norm())


def all_divergences(student: Tensor, teacher: Tensor, kd: dict[str, Any]) -> Tensor:
    """Return the divergence of every class compared."""
    if kd["mode"] != "full":
        classes = select_classes(teacher, kd["mode"], kd["k"])
        student, teacher = student.gather(-1, classes), teacher.gather(-1, classes)
    return divergences(student, teacher, kd["temperature"])


def build_distiller(model: AVT, weights: dict[str, float], kd: dict[str, Any]) -> tuple[Distiller, Said]:
    """Return the student under the case's losses, and the teacher that is to be told what it says."""
    teacher = Said()
    term = dict(loss=kd, student="logits", teacher="logits", weight=weights.get(DISTILL, 0.0), name=DISTILL)
    return Distiller(model, teacher, [term] if DISTILL in weights else []), teacher


def unweighted(losses: dict[str, Tensor], weights: dict[str, float]) -> dict[str, Tensor]:
    """Return the means before their weights."""
    named = {name.removeprefix("loss_"): value for name, value in losses.items() if name.startswith("loss_")}
    return {name: value.detach() / weights[name] for name, value in named.items() if weights.get(name)}
