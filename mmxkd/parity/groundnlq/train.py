"""Kind ``train``: a few optimizer steps of a recipe, to the last weight."""

from typing import Any

import torch

from mmxkd.convert.groundnlq import convert_groundnlq, to_official_key, to_official_layout
from mmxkd.engine.hooks.weight_average import RunningAverage
from mmxkd.engine.optim.head_groups import HeadGroupConstructor
from mmxkd.models.grounding.moment_localizer import MomentLocalizer
from mmxkd.parity.case import Case
from mmxkd.parity.groundnlq.build import build_localizer, features_of, labelled, silence_drop_path
from mmxkd.parity.groundnlq.schedule import rates_at
from mmxkd.parity.report import Report
from mmxkd.structures import DataSample

_SCALE = "reg_head.scale"


def check_train(case: Case, report: Report) -> None:
    """Compare groups, losses, norms and rates of every step, then weights and their running average."""
    meta = case.meta
    settings, opt = meta["config"]["model"], meta["opt"]
    model = build_localizer(settings, case.checkpoint("init"))
    silence_drop_path(model.train())
    wrapper = _build_wrapper(meta, settings)(model)
    _check_groups(report, meta, model, wrapper)
    dropped = [key for key in to_official_layout(model.state_dict()) if "head" in key]
    report.check("keys_dropped_when_finetuning", "exact", sorted(meta["keys_dropped_when_finetuning"]), sorted(dropped))
    average = RunningAverage(model, momentum=1 - meta["ema_decay"])
    iters = meta["iters_per_epoch"]
    warmup = opt["warmup_epochs"] * iters if opt["warmup"] else 0
    total = opt["epochs"] * iters + warmup
    rule: dict[str, Any] = {}
    if opt["schedule_type"] == "multistep":
        rule = dict(milestones=[epoch * iters for epoch in opt["schedule_steps"]], gamma=opt["schedule_gamma"])
    groups = wrapper.optimizer.param_groups
    bases = [group["lr"] for group in groups]
    without_grad: set[str] = set()
    for step, expected in enumerate(meta["steps"]):
        for group, rate in zip(groups, rates_at(step, bases, opt["schedule_type"], warmup, total, rule), strict=True):
            group["lr"] = rate
        report.check(f"{step}/lr", {"rtol": 1e-9}, expected["lr"], [group["lr"] for group in groups])
        batch, samples = _batch_of(case, model, step)
        score, boundary = model.unweighted_losses(model.extract(batch, samples, model.loss_keys), samples)
        losses = model.weighted(score, boundary)
        total_loss = losses["loss_cls"] + losses["loss_reg"]
        wrapper.backward(total_loss)
        without_grad |= {name for name, parameter in model.named_parameters() if parameter.grad is None}
        wrapper.step()
        wrapper.zero_grad()
        ours = {"normalizer": model.loss_norm, "cls_loss": score, "reg_loss": boundary, "final_loss": total_loss}
        for key, value in ours.items():
            report.compare(f"{step}/{key}", "loss", expected[key], value)
        norm = wrapper.message_hub.get_scalar("train/grad_norm").current()
        report.compare(f"{step}/grad_norm", "grad_norm", expected["grad_norm_before_clip"], norm)
        average.update_parameters(model)
    report.check("params_without_grad", "exact", meta["params_without_grad"], sorted(to_official_key(name) for name in without_grad))
    checkpoint = case.checkpoint()
    for name, state in (("final", model.state_dict()), ("ema", average.module.state_dict())):
        recorded = convert_groundnlq(checkpoint, ema=name == "ema").state_dict
        report.check(f"{name}/keys", "exact", sorted(recorded), sorted(state))
        expected_weights, weights = to_official_layout(recorded), to_official_layout(state)
        for key, value in expected_weights.items():
            report.compare(f"{name}/{key}", "final", value.numpy(), weights[key])


def _build_wrapper(meta: dict[str, Any], settings: dict[str, Any]) -> HeadGroupConstructor:
    opt = meta["opt"]
    rate, decay = opt["learning_rate"], opt["weight_decay"]
    optimizers = {
        "AdamW": dict(type="AdamW", lr=rate, weight_decay=decay, betas=(0.9, 0.999), eps=1e-8),
        "SGD": dict(type="SGD", lr=rate, weight_decay=decay, momentum=opt["momentum"]),
    }
    clip = settings["train_cfg"]["clip_grad_l2norm"]
    wrapper = dict(type="OptimWrapper", optimizer=optimizers[opt["type"]])
    # Without clipping the norm is still recorded.
    wrapper["clip_grad"] = dict(max_norm=clip if clip > 0 else float("inf"))
    return HeadGroupConstructor(wrapper, dict(backbone_lr_weight=opt["backbone_lr_weight"]) if meta["head_backbone_group"] else None)


def _check_groups(report: Report, meta: dict[str, Any], model: MomentLocalizer, wrapper: Any) -> None:
    names = {parameter: name for name, parameter in model.named_parameters()}
    groups = wrapper.optimizer.param_groups
    report.check("groups/count", "exact", len(meta["groups"]), len(groups))
    for number, (expected, group) in enumerate(zip(meta["groups"], groups, strict=True)):
        members: list[str] = []
        for parameter in group["params"]:
            name = names[parameter]
            members += [f"{_SCALE}.{level}.scale" for level in range(len(parameter))] if name == _SCALE else [to_official_key(name)]
        report.check(f"groups/{number}/params", "exact", sorted(expected["params"]), sorted(members))
        report.check(f"groups/{number}/weight_decay", "exact", expected["weight_decay"], group["weight_decay"])
        report.check(f"groups/{number}/lr", {"rtol": 1e-12}, expected["initial_lr"], group["lr"])


def _batch_of(case: Case, model: MomentLocalizer, step: int) -> tuple[dict[str, torch.Tensor], list[DataSample]]:
    items: list[dict[str, torch.Tensor]] = []
    samples: list[DataSample] = []
    while case.has(f"step{step}.feats.{len(items)}"):
        number = len(items)
        items.append(features_of(case, f"step{step}.", number))
        samples.append(labelled(case.array(f"step{step}.segments.{number}"), uid=str(number)))
    return model.data_preprocessor({"inputs": items, "data_samples": samples})["inputs"], samples
