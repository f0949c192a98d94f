"""VidLanKD's terms and its whole training step against a plain transcription of the published formulas, paired in one process."""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.common import RESULTS, add_report_options, alternate, paired_ratio, peak_memory_mb, write_report
from benchmarks.reference_vidlankd import reference_contrast, reference_nst, reference_step
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.losses.contrastive import in_batch_contrast
from mmxkd.distill.losses.nst import nst
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.models.language.mlm_masking import SpecialIds, mask_tokens
from mmxkd.registry import MODELS

LOSSES = ("nst", "contrast")
#: (B, L, H) of the figures in the fact sheet, and what growth is measured over.
CENTRE = (8, 128, 512)
GROWTH = {"L": (32, 64, 128), "B": (2, 4, 8, 16), "H": (128, 256, 512)}
ENCODER = dict(model_type="bert", vocab_size=30522, hidden_size=512, num_hidden_layers=6, num_attention_heads=8, intermediate_size=2048)
TERMS = {
    "kd1": dict(type="NST", reduction="published", teacher_term=False),
    "kd2": dict(type="InBatchContrast", reduction="published"),
}


def loss_functions(name: str) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """Return ``ours`` and ``reference`` of a loss, (student, teacher) -> scalar."""

    def ours(student: Tensor, teacher: Tensor) -> Tensor:
        valid = torch.ones(len(student), dtype=torch.bool)
        if name == "nst":
            return nst(student, teacher, valid, reduction="published", token_norm=False, teacher_term=False)
        return in_batch_contrast(student, teacher, valid, reduction="published")

    return {"ours": ours, "reference": reference_nst if name == "nst" else reference_contrast}


def tokens(shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Return unit vectors (B, L, H) of student, with gradient, and teacher."""
    generator = torch.Generator().manual_seed(0)
    student, teacher = (torch.nn.functional.normalize(torch.randn(shape, generator=generator), dim=2) for _ in range(2))
    return student.requires_grad_(), teacher


def build_loss(name: str, side: str, shape: tuple[int, int, int]) -> Callable[[], Tensor]:
    """Return a forward and backward pass of one side of a loss, giving the value."""
    torch.set_num_threads(1)
    student, teacher = tokens(shape)
    function = loss_functions(name)[side]

    def run() -> Tensor:
        student.grad = None
        value = function(student, teacher)
        value.backward()
        return value.detach()

    return run


def measure_loss(name: str, shape: tuple[int, int, int], rounds: int, memory: bool = True) -> dict[str, Any]:
    """Alternate both sides of a loss; return times, ratio, difference and peak memory."""
    runs = {side: build_loss(name, side, shape) for side in ("reference", "ours")}
    difference = float((runs["ours"]() - runs["reference"]()).abs())
    seconds = alternate(runs, rounds, "cpu")
    result: dict[str, Any] = {
        "loss": name,
        "shape": shape,
        "rounds": rounds,
        "median_seconds": {side: statistics.median(times) for side, times in seconds.items()},
        "speed_up": paired_ratio(seconds["reference"], seconds["ours"]),
        "difference": difference,
    }
    if memory:
        result["peak_memory_mb"] = {side: peak_memory_mb(build_loss, name, side, shape) for side in runs}
    return result


def build_steps(batch_size: int, length: int, encoder: dict[str, Any], names: tuple[str, ...]) -> tuple[dict, Callable]:
    """Return a training step of ours and of the reference on the same weights and batch, and the gradients' largest difference."""
    torch.manual_seed(0)
    teacher = MODELS.build(dict(type="BertMLM", encoder=dict(config=encoder)))
    student = MODELS.build(dict(type="BertMLM", encoder=dict(config=encoder)))
    connector = dict(type="MLPConnector", in_features=encoder["hidden_size"])
    terms = [dict(loss=TERMS[name], student="hidden", teacher="hidden", connector=connector, name=name) for name in names]
    distiller = Distiller(student, OnlineTeacher(teacher), terms)
    distiller.prepare_teacher("cpu")
    distiller.eval()  # no dropout: both sides compute the same
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(1000, encoder["vocab_size"], (batch_size, length), generator=generator)
    ids, labels = mask_tokens(ids, generator, encoder["vocab_size"], SpecialIds())
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    heads = {term.name: term.connector for term in distiller.terms}

    def ours() -> Tensor:
        distiller.zero_grad()
        total = distiller.parse_losses(distiller(batch, [], mode="loss"))[0]
        total.backward()
        return total.detach()

    def reference() -> Tensor:
        distiller.zero_grad()
        total = reference_step(student.lm, teacher.lm, heads, batch)
        total.backward()
        return total.detach()

    def gradients(run: Callable[[], Tensor]) -> dict[str, Tensor]:
        run()
        return {name: value.grad.clone() for name, value in distiller.named_parameters() if value.grad is not None}

    return {"reference": reference, "ours": ours}, gradients


def measure_step(names: tuple[str, ...], rounds: int, batch_size: int, length: int, encoder: dict[str, Any]) -> dict[str, Any]:
    """Alternate both sides of a training step (forward and backward).

    The loss lies near ln V, where single precision has steps of 1e-6: its difference is told relative to it, too.
    """
    runs, gradients = build_steps(batch_size, length, encoder, names)
    mine, theirs = gradients(runs["ours"]), gradients(runs["reference"])
    value = float(runs["reference"]())
    difference = abs(float(runs["ours"]()) - value)
    seconds = alternate(runs, rounds, "cpu")
    return {
        "terms": list(names),
        "shape": (batch_size, length, encoder["hidden_size"]),
        "rounds": rounds,
        "median_seconds": {side: statistics.median(times) for side, times in seconds.items()},
        "speed_up": paired_ratio(seconds["reference"], seconds["ours"]),
        "loss": value,
        "difference": difference,
        "relative_difference": difference / abs(value),
        "gradient_difference": max(float((mine[name] - theirs[name]).abs().max()) for name in theirs),
    }


def measure_growth(rounds: int) -> list[dict[str, Any]]:
    """Measure both losses over L, B and H, the other two at their usual size."""
    rows = []
    for name in LOSSES:
        for axis, values in GROWTH.items():
            for value in values:
                shape = tuple(value if letter == axis else size for letter, size in zip("BLH", CENTRE, strict=True))
                rows.append({"axis": axis, "value": value, **measure_loss(name, shape, rounds, memory=False)})  # type: ignore[arg-type]
    return rows


def plot_growth(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw seconds over L, B and H, one line per side."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(LOSSES), len(GROWTH), figsize=(11, 6), sharey="row", layout="constrained")
    for line, name in zip(axes, LOSSES, strict=True):
        for axis, letter in zip(line, GROWTH, strict=True):
            chosen = [row for row in rows if row["loss"] == name and row["axis"] == letter]
            for side, colour in (("reference", "tab:orange"), ("ours", "tab:blue")):
                times = [row["median_seconds"][side] * 1000 for row in chosen]
                axis.loglog([row["value"] for row in chosen], times, "o-", color=colour, label=side)
            axis.set(xlabel=letter, title=name)
            axis.set_xticks(sizes := [row["value"] for row in chosen], list(map(str, sizes)))
            axis.minorticks_off()
            axis.grid(visible=True, which="both", alpha=0.3)
        line[0].set_ylabel("ms, forward + backward")
    axes[0][0].legend()
    figure.savefig(path, dpi=90)


def main() -> None:
    """Measure losses, step and growth, print a line each and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--growth-rounds", type=int, default=1, help="rounds of each point of the growth curves; 0 leaves them out")
    parser.add_argument("--step-rounds", type=int, default=5)
    add_report_options(parser, 7, "vidlankd.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, Any] = {"losses": [], "steps": []}
    for name in LOSSES:
        results["losses"].append(measure_loss(name, CENTRE, args.rounds))
        print(results["losses"][-1], flush=True)
    for names in (("kd1",), ("kd1", "kd2")):
        results["steps"].append(measure_step(names, args.step_rounds, CENTRE[0], CENTRE[1], ENCODER))
        print(results["steps"][-1], flush=True)
    if args.growth_rounds:
        results["growth"] = measure_growth(args.growth_rounds)
        plot_growth(results["growth"], RESULTS / "vidlankd_growth.png")
    write_report(args, results)


if __name__ == "__main__":
    main()
