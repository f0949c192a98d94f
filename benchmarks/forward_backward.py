"""Forward, and forward with backward, of VFL-Net and Video-FocalNet-T against the plain transcription of the published formulation."""

import argparse
from collections.abc import Callable

import torch
import torch.nn.functional as F
from mmengine.config import Config
from torch import Tensor, nn

from benchmarks.common import (
    RESULTS,
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
from benchmarks.reference_video_focalnet import ReferenceVideoFocalNet
from mmxkd.convert.dvfl import to_official_key
from mmxkd.registry import MODELS

CONFIGS = {"nano": "video_focalnet_nano.py", "T": "video_focalnet_tiny.py"}
MODES = ("forward", "forward_backward")


def build_pair(name: str, frames: int) -> tuple[nn.Module, nn.Module]:
    """Return our recogniser and the reference with the same weights; both take clips (B, T, 3, H, W)."""
    config = Config.fromfile(ROOT / "configs" / "_base_" / "models" / CONFIGS[name]).model
    backbone = {**config.backbone, "num_frames": frames}
    torch.manual_seed(0)
    ours = MODELS.build(dict(type=config.type, backbone=backbone, head=config.head))
    names = ("embed_dim", "depths", "drop_path_rate")
    reference = ReferenceVideoFocalNet(config.head.num_classes, num_frames=frames, **{key: backbone[key] for key in names})
    reference.load_state_dict({to_official_key(key): value for key, value in ours.state_dict().items()})
    return ours, reference


def build_run(side: str, name: str, mode: str, args: argparse.Namespace) -> Callable[[], Tensor]:
    """Return a function that runs one side ("ours" or "reference") once."""
    torch.set_num_threads(args.threads)
    sides = dict(zip(("ours", "reference"), build_pair(name, args.frames), strict=True))
    return make_run(side, prepare(sides[side], args), mode, args)


def make_run(side: str, model: nn.Module, mode: str, args: argparse.Namespace) -> Callable[[], Tensor]:
    """Return a function that runs the model once on random clips; ``forward`` without gradients and in eval mode."""
    clips = torch.randn(args.batch, args.frames, 3, args.size, args.size, generator=torch.Generator().manual_seed(1)).to(args.device)
    inputs = clips.transpose(1, 2).unsqueeze(1).contiguous() if side == "ours" else clips
    labels = torch.arange(args.batch, device=args.device)

    def forward() -> Tensor:
        model.eval()
        with torch.no_grad(), autocast(args):
            return model(inputs)

    def forward_backward() -> Tensor:
        model.train().zero_grad()
        with autocast(args):
            logits = model(inputs)
        F.cross_entropy(logits.float(), labels).backward()
        return logits

    return forward if mode == "forward" else forward_backward


def measure(name: str, mode: str, args: argparse.Namespace) -> dict:
    """Alternate ours and the reference and return times, their ratio, the difference of the logits, and peak memory."""
    ours, reference = (prepare(model, args) for model in build_pair(name, args.frames))
    runs = {"ours": make_run("ours", ours, mode, args), "reference": make_run("reference", reference, mode, args)}
    forwards = (make_run(side, model, "forward", args)() for side, model in (("ours", ours), ("reference", reference)))
    difference = torch.sub(*forwards).abs().max().item()
    seconds = alternate(runs, args.rounds, args.device)
    memory = {side: peak_memory_mb(build_run, side, name, mode, args, device=args.device) for side in runs}
    return {
        "model": name,
        "mode": mode,
        "pairs": args.rounds,
        "median_seconds": {side: torch.tensor(times).median().item() for side, times in seconds.items()},
        "ratio": paired_ratio(seconds["ours"], seconds["reference"]),
        "peak_memory_mb": memory,
        "memory_ratio": memory["ours"] / memory["reference"],
        "max_logit_difference": difference,
    }


def write_profile(name: str, args: argparse.Namespace) -> None:
    """Write the operators' table of three forward and backward passes of each side into the results folder."""
    for side in ("ours", "reference"):
        run = build_run(side, name, "forward_backward", args)
        run()
        activities = [torch.profiler.ProfilerActivity.CPU] + [torch.profiler.ProfilerActivity.CUDA] * (args.device == "cuda")
        with torch.profiler.profile(activities=activities) as profile:
            for _ in range(3):
                run()
        table = profile.key_averages().table(sort_by=f"self_{args.device}_time_total", row_limit=20, max_name_column_width=45)
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"profile_{name}_{side}_{args.device}.txt").write_text(table)


def main() -> None:
    """Measure the asked-for models and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=CONFIGS, default=list(CONFIGS))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="write tables of operators, measure nothing else")
    add_device_options(parser)
    add_report_options(parser, 20, "forward_backward.json")
    args = parser.parse_args()
    check_device(args.device)
    torch.set_num_threads(args.threads)
    if args.profile:
        for name in args.models:
            write_profile(name, args)
        return
    results = []
    for name in args.models:
        for mode in MODES:
            result = measure(name, mode, args)
            times, ratio, memory = result["median_seconds"], result["ratio"], result["peak_memory_mb"]
            print(
                f"{name:5s} {mode:17s} ours {times['ours']:7.3f} s  reference {times['reference']:7.3f} s  ratio {ratio['median']:.3f} "
                f"[{ratio['lower_quartile']:.3f}, {ratio['upper_quartile']:.3f}]  "
                f"memory {memory['ours']:.0f} / {memory['reference']:.0f} MB = {result['memory_ratio']:.2f}",
                flush=True,
            )
            results.append(result)
    write_report(args, results)


if __name__ == "__main__":
    main()
