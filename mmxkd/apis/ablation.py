"""Ablation of logit distillation on the puppet world: alpha x temperature, and the controls that keep it honest."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mmxkd.apis.complexity import config_costs
from mmxkd.apis.configs import load_config
from mmxkd.apis.experiments import Job, JobGrid, job_name, measure_row
from mmxkd.apis.tables import format_markdown, paired_difference
from mmxkd.checkpoints import load_checkpoint
from mmxkd.seeding import derive_seed

TEACHER, STUDENT, KD = "configs/puppet/dvfl_teacher.py", "configs/puppet/dvfl_student.py", "configs/puppet/dvfl_kd.py"
_CLIPS = "72 labelled clips"


@dataclass(frozen=True)
class Setting:
    """One row of the ablation.

    Attributes:
        name: of the row.
        config: config file.
        options: over the config.
        teacher: which checkpoint teaches: ``teacher``, ``random_head`` (the teacher with a fresh head), ``student`` (the student
            alone of the same seed), or nothing.
    """

    name: str
    config: str
    options: Mapping[str, Any] = field(default_factory=dict)
    teacher: str | None = None

    def job(self, seed: int) -> str:
        """Return the name of its run with a seed."""
        return job_name(self.name, seed)


def ablation_settings(alphas: Sequence[float], temperatures: Sequence[float]) -> list[Setting]:
    """Return the rows: controls without a teacher first, then the grid, then the controls with one."""
    epochs = equal_compute_epochs()
    longer = {"train_cfg.max_epochs": epochs, "train_cfg.val_interval": epochs}
    student_model = {"model.teacher.model.backbone.embed_dim": 8, "model.teacher.model.head.in_features": 64}
    published = {"model.mode": "published", "model.alpha": 0.2, "model.temperature": 10.0}
    no_gate = {"model.teacher.gate.min_accuracy": 0.0}
    grid = [
        Setting(f"KD alpha={alpha:g} T={temperature:g}", KD, {"model.alpha": alpha, "model.temperature": temperature}, "teacher")
        for alpha in alphas
        for temperature in temperatures
    ]
    return [
        Setting("student alone", STUDENT),
        Setting("label smoothing 0.1", STUDENT, {"model.head.label_smoothing": 0.1}),
        Setting(f"longer training ({epochs} epochs, equal compute)", STUDENT, longer),
        *grid,
        Setting("self-distillation", KD, {**student_model, **no_gate}, "student"),
        Setting("published formula", KD, {"model.mode": "published"}, "teacher"),
        Setting("published formula, alpha=0.2 T=10", KD, published, "teacher"),
        Setting("teacher with a random head", KD, no_gate, "random_head"),
        Setting("KD + stage terms", "configs/puppet/dvfl_kd_stages.py", {}, "teacher"),
        Setting("KD + modulator terms", "configs/puppet/dvfl_kd_modulators.py", {}, "teacher"),
    ]


def equal_compute_epochs() -> int:
    """Return how many epochs of the student alone cost the multiply-adds of an online distillation.

    A training step costs three forward passes of the student; distilling adds one of the teacher.
    """
    costs = config_costs(load_config(KD))
    epochs = load_config(STUDENT).train_cfg.max_epochs
    return round(epochs * (1 + costs["teacher"].gmacs / (3 * costs["student"].gmacs)))


def randomize_head(source: Path, target: Path) -> None:
    """Copy a checkpoint with a fresh head (truncated normal, 0.02), as the released ``main_KD.py`` does to its teacher."""
    checkpoint = load_checkpoint(source)
    generator = torch.Generator().manual_seed(derive_seed("random head"))
    for key, value in checkpoint["state_dict"].items():
        if key.startswith("head."):
            torch.nn.init.trunc_normal_(value, std=0.02, generator=generator)
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": checkpoint["state_dict"], "meta": checkpoint["meta"]}, target)


def run_ablation(
    work_dir: Path,
    tools: Path,
    seeds: Sequence[int],
    alphas: Sequence[float],
    temperatures: Sequence[float],
    workers: int = 2,
    resume: bool = False,
    only: Sequence[str] = (),
    markdown: Path | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train every row over all seeds and write ``ablation.json`` (and the table as Markdown).

    ``only`` keeps the rows whose names hold one of these texts; the student alone always stays, as what the others are compared with.

    Returns:
        ``{"seeds", "rows": {name: row}, "differences": {name: summary of row - student alone, seed by seed}}``.
    """
    baseline_setting, *others = ablation_settings(alphas, temperatures)
    settings = [baseline_setting, *(row for row in others if not only or any(text in row.name for text in only))]
    teacher = work_dir / "teacher" / f"epoch_{load_config(TEACHER).train_cfg.max_epochs}.pth"
    JobGrid([Job("teacher", TEACHER)], work_dir, tools, 1, resume).run()
    random_head = work_dir / "random_head" / "checkpoint.pth"
    randomize_head(teacher, random_head)

    epochs = load_config(STUDENT).train_cfg.max_epochs
    checkpoints = {"teacher": str(teacher), "random_head": str(random_head)}
    jobs = []
    for setting in settings:
        for seed in seeds:
            options = {"randomness.seed": seed, **setting.options}
            alone = baseline_setting.job(seed)
            if setting.teacher:
                own = str(work_dir / alone / f"epoch_{epochs}.pth")
                options["model.teacher.checkpoint"] = checkpoints.get(setting.teacher, own)
            jobs.append(Job(setting.job(seed), setting.config, options, alone if setting.teacher == "student" else None))
    predictions = JobGrid(jobs, work_dir, tools, workers, resume).run()

    rows = {setting.name: measure_row(setting.config, [predictions[setting.job(seed)] for seed in seeds], _CLIPS) for setting in settings}
    baseline = rows[baseline_setting.name]
    differences = {name: paired_difference(row, baseline, "top1") for name, row in rows.items() if row is not baseline}
    result = {"seeds": list(seeds), "rows": rows, "differences": differences}
    (work_dir / "ablation.json").write_text(json.dumps(result, indent=1))
    table = format_markdown(rows, differences, "top1")
    say(table)
    if markdown:
        markdown.write_text(table + "\n")
    return result
