"""Kind ``lr_schedule``."""

from typing import Any

import numpy as np

from mmxkd.engine.optim.recursive_cosine import RecursiveCosineLR
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

# Constants that the cases do not repeat (fact sheet section 7).
_PUBLISHED = {"fork": dict(offset=1e-7, final_lr=3e-7), "avt": dict(final_lr=0.0)}


def build_rule(settings: dict[str, Any]) -> tuple[type[RecursiveCosineLR], dict[str, Any]]:
    """Return the schedule and the arguments of its ``lr_at`` for a recorded run."""
    iters = settings["iters_per_epoch"]
    rule: dict[str, Any] = dict(
        warmup_steps=int(settings["warmup_epochs"] * iters),
        total_steps=int(settings["num_epochs"] * iters),
        start_factor=0.0,
        min_factor=settings["eta_min"] / settings["lr"],
        **_PUBLISHED[settings["which"]],
    )
    return RecursiveCosineLR, rule


def check_lr_schedule(case: Case, report: Report) -> None:
    """The rate of every iteration of whole runs, beyond their end too."""
    for index, settings in enumerate(case.meta["configs"]):
        schedule, rule = build_rule(settings)
        expected = case.array(f"f64_lr_{index}")
        report.check(
            f"{index}/iterations", "exact", settings["num_epochs"] * settings["iters_per_epoch"] + settings["extra"], len(expected)
        )
        rates = [schedule.lr_at(step, settings["lr"] * settings["world_size"], **rule) for step in range(len(expected))]
        report.compare(f"{index}/lr", "lr", expected, np.array(rates))
