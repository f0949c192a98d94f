"""Kinds ``kd_loss``, ``kd_trajectory`` and ``lr_schedule``."""

import math
from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.distill.losses.kl_divergence import kl_divergence
from mmxkd.distill.recipes import LogitDistiller
from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.engine.optim.constructor import DecayByShapeConstructor
from mmxkd.engine.optim.schedules import WarmupCosineLR, WarmupLinearLR, WarmupLR, WarmupStepLR
from mmxkd.models.base import ExtractModel
from mmxkd.models.losses import classification_loss
from mmxkd.models.mixing import smooth_one_hot
from mmxkd.parity.case import Case
from mmxkd.parity.dvfl.build import build_recognizer, clips_of, load_official
from mmxkd.parity.report import Report
from mmxkd.structures import DataSample, gather_targets

# Constants of the published schedules that the cases do not repeat (fact sheet section 5).
_SCHEDULES: dict[str, type[WarmupLR]] = {"cosine": WarmupCosineLR, "step": WarmupStepLR, "linear": WarmupLinearLR}
_STEP_EPOCHS, _STEP_RATE, _LINEAR_END = 30, 0.1, 0.01


class _Logits(ExtractModel):
    """A student that is nothing but its logits, with the case's criterion."""

    def __init__(self, logits: Tensor, label_smoothing: float) -> None:
        super().__init__()
        self.logits, self.label_smoothing = nn.Parameter(logits.clone()), label_smoothing

    def available(self) -> frozenset[str]:
        """Return the one key."""
        return frozenset({"logits"})

    def extract(self, inputs: Any, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> dict[str, Tensor]:
        """Return ``logits`` (N, K)."""
        return {"logits": self.logits}

    def loss_from(self, outputs: dict[str, Tensor], data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return the task loss of ``logits`` (N, K)."""
        targets = gather_targets(data_samples, self.logits.device)
        return {"loss_cls": classification_loss(outputs["logits"], *targets, self.label_smoothing)}

    def predict_from(self, outputs: dict[str, Tensor], data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Return the samples ``[...]`` as they are: nothing is predicted here."""
        return list(data_samples)


class _Said(Teacher):
    """A teacher that repeats recorded logits."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def available(self) -> frozenset[str]:
        """Return the one key."""
        return frozenset({"logits"})

    def signal(self, inputs: Any, data_samples: Sequence[DataSample], want: Collection[str]) -> Signal:
        """Return the recorded logits (N, K)."""
        return Signal({"logits": self.logits})


def check_kd_loss(case: Case, report: Report) -> None:
    """Values and gradients of the mixed loss, published and intended, for three criteria."""
    meta = case.meta
    student, teacher, soft = (torch.from_numpy(case.array(key)) for key in ("student_logits", "teacher_logits", "soft_targets"))
    labels, perm = torch.from_numpy(case.array("labels")), torch.from_numpy(case.array("perm"))
    report.check("N,K", "exact", [meta["N"], meta["K"]], list(student.shape))
    smooth = smooth_one_hot(labels, meta["K"], meta["label_smoothing"])
    report.compare("soft_targets", "losses", soft, meta["lam"] * smooth + (1 - meta["lam"]) * smooth[perm])
    for row in meta["rows"]:
        criterion, name = row["criterion"], f"{row['index']}_{row['criterion']}"
        samples = [DataSample(gt_label=label) for label in labels]
        if criterion == "soft":
            for sample, target in zip(samples, soft, strict=True):
                sample.gt_score = target
        smoothing = meta["label_smoothing"] if criterion.startswith("ls") else 0.0
        for mode, key in (("published", "published"), ("forward_kl", "forwardkl")):
            model = LogitDistiller(_Logits(student, smoothing), _Said(teacher), row["alpha"], row["temperature"], mode)
            losses = model(None, samples, mode="loss")
            total = model.parse_losses(losses)[0]
            total.backward()
            # Asked of the term itself: at alpha = 0 the distiller does not even call the teacher.
            divergence = model.terms[0]({"logits": student}, Signal({"logits": teacher}))
            ours = {"kd_loss": divergence, "student_loss": losses["raw_cls"], "total_loss": total}
            for field, expected in row[mode].items():
                report.compare(f"{name}/{mode}/{field}", "losses", expected, ours[field])
            report.compare(f"{name}/{mode}/grad", "grads", case.array(f"grad_{key}_{name}"), model.student.logits.grad)
        everywhere, temperature = torch.ones(len(student), dtype=torch.bool), row["temperature"]
        mean = kl_divergence(student, teacher, everywhere, temperature, reduction="mean")
        for field, expected in row["commented_out_variants"].items():
            report.compare(f"{name}/{field}", "losses", expected, mean)
    edge = meta["underflow_edge"]
    pair = torch.tensor(edge["student"]), torch.tensor(edge["teacher"]), torch.ones(len(edge["student"]), dtype=torch.bool), edge["T"]
    report.compare("underflow_edge/published", "losses", float(edge["published_kd_loss"]), kl_divergence(*pair, mode="published"))
    report.compare("underflow_edge/forward_kl", "losses", edge["forward_kl"], kl_divergence(*pair))


def check_kd_trajectory(case: Case, report: Report) -> None:
    """Whole training runs of a few steps: losses, norms, rates, updates, final weights."""
    checkpoint = case.checkpoint()
    clips, soft, labels = clips_of_steps(case.array("x")), torch.from_numpy(case.array("soft_targets")), case.array("labels")
    targets = [
        [DataSample(gt_label=torch.tensor(y), gt_score=t) for y, t in zip(*step, strict=True)] for step in zip(labels, soft, strict=True)
    ]
    teacher = load_official(build_recognizer(case.meta["teacher"]), checkpoint["teacher"]).eval()
    with torch.no_grad():
        said = torch.stack([teacher(step) for step in clips])
    report.compare("teacher_logits", "losses", case.array("teacher_logits"), said)
    for name, variant in case.meta["variants"].items():
        student = load_official(build_recognizer(case.meta["student"]), checkpoint["student"])
        _check_variant(case, report, name, variant, student, teacher, clips, targets)


def clips_of_steps(array: Any) -> list[Tensor]:
    """Split recorded inputs (steps, B, T, C, H, W) into our batches (B, 1, C, T, H, W)."""
    return [clips_of(step) for step in array]


def _check_variant(
    case: Case,
    report: Report,
    name: str,
    variant: dict[str, Any],
    student: Any,
    teacher: Any,
    clips: list[Tensor],
    targets: list[list[DataSample]],
) -> None:
    settings = variant["settings"]
    micro_steps = settings.get("acc", 1)
    model = LogitDistiller(student, OnlineTeacher(teacher), settings["alpha"], settings["T"], settings["kd"]).train()
    model.prepare_teacher("cpu")
    wrapper = _build_wrapper(model, settings, micro_steps)
    rule = _schedule_rule(settings, micro_steps)
    groups = wrapper.optimizer.param_groups
    report.check(f"{name}/group_sizes", "exact", variant["group_sizes"], [len(group["params"]) for group in groups])
    report.check(f"{name}/group_weight_decay", "exact", variant["group_weight_decay"], [group["weight_decay"] for group in groups])
    rows: dict[str, list[Any]] = {key: [] for key in variant["per_step"]}
    logits = []
    for step, (inputs, samples) in enumerate(zip(clips, targets, strict=True)):
        rate = WarmupCosineLR.lr_at(step, settings["lr"], **rule)
        for group in groups:
            group["lr"] = rate
        before = next(student.parameters()).detach().clone()
        with torch.no_grad():
            logits.append(student(inputs))
        losses = model(inputs, samples, mode="loss")
        total = model.parse_losses(losses)[0]
        wrapper.update_params(total)
        row = {"kd_loss": losses["raw_kd"], "student_loss": losses["raw_cls"], "total_loss": total}
        values: dict[str, Any] = {key: float(value.detach()) / micro_steps for key, value in row.items()}
        values.update(grad_norm=wrapper.message_hub.get_scalar("train/grad_norm").current(), lr=rate)
        values["updated"] = not torch.equal(before, next(student.parameters()))
        for key, column in rows.items():
            column.append(values[key])
    families = {"grad_norm": "grad_norm", "lr": "lr"}
    for key, expected in variant["per_step"].items():
        if key == "updated":
            report.check(f"{name}/{key}", "exact", expected, rows[key])
        else:
            report.compare(f"{name}/{key}", families.get(key, "losses"), expected, rows[key])
    report.compare(f"{name}/student_logits", "losses", case.array(f"{name}__student_logits"), torch.stack(logits))
    _check_final(case, report, name, variant, student)


def _check_final(case: Case, report: Report, name: str, variant: dict[str, Any], student: Any) -> None:
    from mmxkd.convert.dvfl import to_official_key

    final = {to_official_key(key): value.detach() for key, value in student.named_parameters()}
    report.check(f"{name}/final_param_norms/keys", "exact", sorted(variant["final_param_norms"]), sorted(final))
    for key, expected in variant["final_param_norms"].items():
        report.compare(f"{name}/final_param_norms/{key}", "final_params", expected, final[key].norm())
    prefix = f"{name}__final__"
    for key in case.arrays:
        if key.startswith(prefix):
            report.compare(f"{name}/final/{key.removeprefix(prefix)}", "final_params", case.array(key), final[key.removeprefix(prefix)])


def _build_wrapper(model: nn.Module, settings: dict[str, Any], micro_steps: int) -> Any:
    """Build optimizer and wrapper as the published run has them."""
    optimizers = {"sgd": dict(type="SGD", momentum=0.9, nesterov=True), "adamw": dict(type="AdamW", betas=(0.9, 0.999), eps=1e-8)}
    optimizer = dict(optimizers[settings["opt"]], lr=settings["lr"], weight_decay=settings["wd"])
    wrapper = dict(type="AutocastOptimWrapper", dtype="float32", optimizer=optimizer, accumulative_counts=micro_steps)
    wrapper.update(clip_grad=dict(max_norm=settings.get("clip") or math.inf), clip_every_micro_step=micro_steps > 1)
    return DecayByShapeConstructor(wrapper, dict(published_no_decay=settings["grouping"] == "published"))(model)


def _schedule_rule(settings: dict[str, Any], micro_steps: int) -> dict[str, Any]:
    steps = settings["n_iter"]
    return dict(
        warmup_steps=int(settings["warmup_epochs"] * steps),
        total_steps=int(settings["epochs"] * steps),
        start_factor=settings["warmup_lr"] / settings["lr"],
        min_factor=settings["min_lr"] / settings["lr"],
        delay=micro_steps,
    )


def check_lr_schedule(case: Case, report: Report) -> None:
    """The rate of every optimizer step of whole runs, and the scaling rule."""
    for index, settings in enumerate(case.meta["cases"]):
        micro_steps = settings.get("acc", 1)
        scale = settings["batch"] * settings["world"] * micro_steps / 512
        base, warm, least = (settings[key] * scale for key in ("base", "wlr", "mlr"))
        ours = {"scale": scale, "scaled_base": base, "scaled_warmup": warm, "scaled_min": least}
        for key, value in ours.items():
            report.compare(f"{index}/{key}", "lr", settings[key], value)
        kind = settings.get("sched", "cosine")
        n = settings["n_iter"]
        rule: dict[str, Any] = dict(warmup_steps=settings["warm"] * n, total_steps=settings["epochs"] * n, start_factor=warm / base)
        extra = {
            "cosine": dict(min_factor=least / base),
            "step": dict(decay_steps=_STEP_EPOCHS * n, decay_rate=_STEP_RATE),
            "linear": dict(min_factor=_LINEAR_END),
        }[kind]
        schedule = _SCHEDULES[kind]
        expected = case.array(f"lr_{index}")
        # Steps are optimizer steps here: accumulation shows in the scale alone.
        rates = [schedule.lr_at(step, base, delay=1, **rule, **extra) for step in range(len(expected))]
        report.compare(f"{index}/lr", "lr", expected, rates)
        last = schedule.lr_at(settings["epochs"] * n - 1, base, **rule, **extra)
        report.compare(f"{index}/lr_at_end_of_run", "lr", settings["lr_at_end_of_run"], last)
