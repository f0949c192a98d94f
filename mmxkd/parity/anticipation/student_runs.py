"""Kind ``student_kd_traj``: training runs of a few steps."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.distill.distiller import Distiller
from mmxkd.parity.anticipation.schedule import build_rule
from mmxkd.parity.anticipation.student import DISTILL, all_divergences, all_losses, build_distiller, kd_config, unweighted
from mmxkd.parity.anticipation.student_build import arrays_below, build_avt, load_official, samples_of
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmxkd.structures import DataSample


def check_student_kd_traj(case: Case, report: Report) -> None:
    """Losses, rates and final weights of a run with the published groups, optimizer and schedule."""
    hparams, weights, optim = case.meta["hparams"], case.meta["loss_weights"], case.meta["optim"]
    checkpoint = case.checkpoint()
    model = load_official(build_avt(hparams, weights), checkpoint)
    for name, table in model.named_buffers():
        if name in checkpoint["model"]:
            report.check(name, "exact", checkpoint["model"][name].numpy(), table)
    # The trajectories do not repeat the divergence: theirs is the one the released code runs (fact sheet section 5).
    kd = kd_config(case.meta.get("kd", "T=10 full"))
    distiller, teacher = build_distiller(model, weights, kd)
    optimizer = _build_optimizer(distiller.train(), optim)
    groups = optimizer.param_groups
    sizes = [case.meta["n_params_rest"], case.meta["n_params_bias_or_bn"]]
    report.check("groups", "exact", sizes, [len(group["params"]) for group in groups])
    schedule, rule = build_rule({**optim, "which": optim["sched"]})
    expected = case.array("f64_lr_used")
    rows: dict[str, list[Any]] = {key: [] for key in ("total", *(f"loss/{name}" for name in weights))}
    rates = []
    for step in range(len(expected)):
        batch = arrays_below(case, f"in/{step}/")
        report.check(f"in/{step}/idx", "exact", list(range(hparams["B"])), batch["idx"].tolist())
        rates.append(schedule.lr_at(step, optim["lr"], **rule))
        for group in groups:
            group["lr"] = rates[-1]
        teacher.logits = torch.from_numpy(batch["lm_pred"])
        samples = samples_of(batch, list(hparams["num_classes"]))
        losses = distiller(torch.from_numpy(batch["video"]), samples, mode="loss")
        total = distiller.parse_losses(losses)[0]
        rows["total"].append(float(total.detach()))
        means = {name: values.mean() for name, values in _before_mean(distiller, batch, samples, kd).items()}
        means.update(unweighted(losses, weights))
        for name in weights:
            rows[f"loss/{name}"].append(float(means[name]))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    report.compare("lr_used", "lr", expected, np.array(rates))
    for key, values in rows.items():
        if case.has(key):
            report.compare(key, "loss", case.array(key), values)
    final = dict(model.named_parameters())
    for key in case.arrays:
        if key.startswith("final/"):
            report.compare(key, "final", case.array(key), final[key.removeprefix("final/")])


def _before_mean(distiller: Distiller, batch: dict[str, np.ndarray], samples: list[DataSample], kd: dict[str, Any]) -> dict[str, Tensor]:
    """Return every loss before its mean, those of weight 0 included, which a step leaves out."""
    model: Any = distiller.student
    with torch.no_grad():
        outputs = model.extract(torch.from_numpy(batch["video"]), samples, model.available())
    elements = all_losses(model, [outputs], samples)
    return {**elements, DISTILL: all_divergences(outputs["logits"], torch.from_numpy(batch["lm_pred"]), kd)}


def _build_optimizer(model: torch.nn.Module, optim: dict[str, Any]) -> torch.optim.Optimizer:
    settings = {
        "sgd": dict(type="SGD", momentum=optim.get("momentum", 0.9), nesterov=optim["nesterov"]),
        "adam": dict(type="Adam"),
        "adamw": dict(type="AdamW"),
    }[optim["opt"]]
    wrapper = dict(type="OptimWrapper", optimizer=dict(settings, lr=optim["lr"], weight_decay=optim["wd"]))
    constructor = dict(
        type="BiasDecayConstructor", optim_wrapper_cfg=wrapper, paramwise_cfg=dict(bias_bn_decay_mult=optim["bias_bn_wd_scale"])
    )
    return OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model).optimizer
