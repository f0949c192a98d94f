"""What the online teacher costs in a training step: the student alone, the student with its teacher, the teacher's forward pass."""

import argparse
import statistics
from collections.abc import Callable

import torch
from mmengine.config import Config

from benchmarks.common import (
    ROOT,
    add_device_options,
    add_report_options,
    alternate,
    autocast,
    check_device,
    paired_ratio,
    peak_memory_mb,
    prepare,
    write_report,
)
from mmxkd.distill.distiller import Distiller
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

CONFIGS = {"published": "configs/dvfl/ucf101_kd.py", "puppet": "configs/puppet/dvfl_kd.py"}


def build_distiller(name: str, args: argparse.Namespace) -> Distiller:
    """Return the pair's distiller with random weights: no file is needed, and the time does not depend on them."""
    config = Config.fromfile(ROOT / CONFIGS[name]).model
    config.student.pop("init_cfg", None)
    config.student.pop("data_preprocessor", None)
    config.teacher = {key: config.teacher[key] for key in ("type", "model")}
    torch.manual_seed(0)
    distiller = MODELS.build(config)
    distiller.prepare_teacher(args.device)
    prepare(distiller.student, args)
    prepare(distiller.teacher.model, args)
    return distiller.to(args.device)


def make_runs(distiller: Distiller, shape: tuple[int, ...], args: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """Return one training step of the student alone and with the teacher, and one forward pass of the teacher.

    Args:
        distiller: student and teacher.
        shape: (N, C, T, H, W) of the clips.
        args: device and dtype.
    """
    clips = torch.randn(shape, generator=torch.Generator().manual_seed(1)).unsqueeze(1).to(args.device)
    samples = [DataSample(gt_label=torch.tensor(number % distiller.student.num_classes)) for number in range(len(clips))]
    optimizer = torch.optim.SGD(distiller.parameters(), lr=1e-4, momentum=0.9)

    def step(model: torch.nn.Module) -> None:
        model.train()
        with autocast(args):
            losses = model(clips, samples, "loss")
        optimizer.zero_grad()
        torch.stack([value for key, value in losses.items() if key.startswith("loss")]).sum().backward()
        optimizer.step()

    def teach() -> None:
        with torch.no_grad(), autocast(args):
            distiller.teacher(clips, samples, {"logits"})

    return {"student": lambda: step(distiller.student), "distilled": lambda: step(distiller), "teacher_forward": teach}


def clip_shape(distiller: Distiller, args: argparse.Namespace) -> tuple[int, ...]:
    """Return (N, C, T, H, W): the options, and where they are not given what the student is made for."""
    channels, frames, height, width = distiller.student.backbone.input_shape
    return args.batch, channels, frames, args.size or height, args.size or width


def build_run(name: str, run: str, args: argparse.Namespace) -> Callable[[], object]:
    """Return one of the runs of a freshly built pair."""
    torch.set_num_threads(args.threads)
    distiller = build_distiller(name, args)
    return make_runs(distiller, clip_shape(distiller, args), args)[run]


def measure(name: str, args: argparse.Namespace) -> dict:
    """Alternate the three runs of a pair and return times, the teacher's share, and memory."""
    distiller = build_distiller(name, args)
    shape = clip_shape(distiller, args)
    seconds = alternate(make_runs(distiller, shape, args), args.rounds, args.device)
    extra = [kd - alone for kd, alone in zip(seconds["distilled"], seconds["student"], strict=True)]
    teacher = distiller.teacher.model
    return {
        "pair": name,
        "config": CONFIGS[name],
        "clips": shape,
        "rounds": args.rounds,
        "median_seconds": {run: statistics.median(times) for run, times in seconds.items()},
        "teacher_share_of_step": paired_ratio(extra, seconds["distilled"]),
        "extra_over_teacher_forward": paired_ratio(extra, seconds["teacher_forward"]),
        "step_ratio": paired_ratio(seconds["distilled"], seconds["student"]),
        "peak_memory_mb": {run: peak_memory_mb(build_run, name, run, args, device=args.device) for run in ("student", "distilled")},
        "teacher_weights_mb": sum(p.numel() * p.element_size() for p in teacher.parameters()) / 1e6,
    }


def main() -> None:
    """Measure the asked-for pairs and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="+", choices=CONFIGS, default=list(CONFIGS))
    parser.add_argument("--size", type=int, help="side of the clips; default: what the student is made for")
    parser.add_argument("--batch", type=int, default=1)
    add_device_options(parser)
    add_report_options(parser, 20, "kd_step.json")
    args = parser.parse_args()
    check_device(args.device)
    torch.set_num_threads(args.threads)
    results = []
    for name in args.pairs:
        result = measure(name, args)
        times, memory = result["median_seconds"], result["peak_memory_mb"]
        print(
            f"{name:10s} {result['clips']} student {times['student']:.3f} s  distilled {times['distilled']:.3f} s  teacher forward "
            f"{times['teacher_forward']:.3f} s  teacher's share {result['teacher_share_of_step']['median']:.1%}  extra / forward "
            f"{result['extra_over_teacher_forward']['median']:.3f}  memory {memory['student']:.0f} -> {memory['distilled']:.0f} MB "
            f"(+ {result['teacher_weights_mb']:.0f} MB of weights)",
            flush=True,
        )
        results.append(result)
    write_report(args, results)


if __name__ == "__main__":
    main()
