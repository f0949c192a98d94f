"""Kind ``schedule_ema``: rates step by step, and running averages of weights."""

from typing import Any

import torch
from torch import nn

from mmxkd.engine.hooks.weight_average import RunningAverage
from mmxkd.engine.optim.after_warmup import AfterWarmupLR, ConstantAfterWarmupLR, CosineAfterWarmupLR, MultiStepAfterWarmupLR
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

_SCHEDULES: dict[str, type[AfterWarmupLR]] = {
    "cosine": CosineAfterWarmupLR,
    "constant": ConstantAfterWarmupLR,
    "multistep": MultiStepAfterWarmupLR,
}
#: Base rate of the second group in these cases, as a share of the first's.
_SECOND_GROUP = 0.1


def rates_at(step: int, base_lrs: list[float], kind: str, warmup_steps: int, total_steps: int, rule: dict[str, Any]) -> list[float]:
    """Return the rate of every group at ``step``."""
    schedule = _SCHEDULES[kind]
    return [schedule.lr_at(step, base, warmup_steps=warmup_steps, total_steps=total_steps, **rule) for base in base_lrs]


def check_schedule_ema(case: Case, report: Report) -> None:
    """Compare every recorded schedule and average."""
    for index, recorded in enumerate(case.meta["schedules"]):
        conf = recorded["conf"]
        warmup = conf["warmup_epochs"] * conf["iters"] if conf["warmup"] else 0
        total = conf["epochs"] * conf["iters"] + warmup
        report.check(f"{index}/total_steps", "exact", recorded["total_steps"], total)
        rule: dict[str, Any] = {}
        if conf["type"] == "multistep":
            rule = dict(milestones=[epoch * conf["iters"] for epoch in conf["steps"]], gamma=conf["gamma"])
        elif conf["type"] == "cosine" and not conf["warmup"]:
            rule = dict(min_lr=0.0)  # without warm-up the published code takes torch's own cosine, which ends at 0
        bases = [conf["lr"], conf["lr"] * _SECOND_GROUP]
        ours = [rates_at(step, bases, conf["type"], warmup, total, rule) for step in range(len(recorded["lr_used_at_step"]))]
        report.compare(f"{index}/lr", "lr", recorded["lr_used_at_step"], ours)
    for index, recorded in enumerate(case.meta["ema"]):
        _check_average(report, index, recorded)


def _check_average(report: Report, index: int, recorded: dict[str, Any]) -> None:
    names = ("w", "b", "buf")
    start, *steps = recorded["trace"]
    module = nn.Module()
    for name in names:
        value = torch.tensor(start[name])
        module.register_buffer(name, value) if name == "buf" else module.register_parameter(name, nn.Parameter(value))
    average = RunningAverage(module, momentum=1 - recorded["decay"])
    for number, row in enumerate([start, *steps]):
        if number:
            module.load_state_dict({name: torch.tensor(row[name]) for name in names})
            average.update_parameters(module)
        for name in names:
            report.compare(f"ema/{index}/{number}/{name}", "ema", row[f"e{name}"], average.module.state_dict()[name])
