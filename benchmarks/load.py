"""Clips per second of the training pipeline against stock mmaction2's transforms on the same files."""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import torch
from mmengine.config import Config

from benchmarks.common import ROOT, add_report_options, alternate, paired_ratio, write_report
from mmxkd.datasets.transforms.compose import SeededCompose
from mmxkd.errors import DataError
from mmxkd.seeding import kept_globals

CONFIG = "configs/_base_/datasets/recognition.py"
COLOUR = ("ColorJitter", "RandomGrayscale")
SUFFIXES = (".avi", ".mkv", ".mov", ".mp4", ".webm")
#: The same steps in mmaction2. Its own colour jitter fails with NumPy 2, so the like-for-like comparison has none on either side.
STOCK = [
    dict(type="mmaction.DecordInit"),
    dict(type="mmaction.SampleFrames", clip_len=1, frame_interval=4, num_clips=8),
    dict(type="mmaction.DecordDecode"),
    dict(type="mmaction.Resize", scale=(-1, 256)),
    dict(type="mmaction.RandomResizedCrop"),
    dict(type="mmaction.Resize", scale=(224, 224), keep_ratio=False),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="mmaction.FormatShape", input_format="NCTHW"),
    dict(type="mmaction.PackActionInputs"),
]
Load = Callable[[str, int], torch.Tensor]


def make_ours(with_colour: bool) -> Load:
    """Return our training pipeline as (file, epoch) -> uint8 clip, with or without its colour transforms."""
    transforms = Config.fromfile(ROOT / CONFIG).train_dataloader.dataset.pipeline
    pipeline = SeededCompose([item for item in transforms if with_colour or item["type"] not in COLOUR])
    return lambda path, epoch: pipeline(dict(filename=path, label=0, rng_key=(0, epoch, 0)))["inputs"]


def make_stock() -> Load:
    """Return mmaction2's transforms as (file, epoch) -> uint8 clip."""
    from mmaction.registry import TRANSFORMS

    transforms = [TRANSFORMS.build(item) for item in STOCK]

    def load(path: str, epoch: int) -> torch.Tensor:
        results: dict[str, Any] = dict(filename=path, label=0, start_index=0, modality="RGB")
        for transform in transforms:
            results = transform(results)
        return results["inputs"]

    return load


def find_videos(root: Path, limit: int) -> list[str]:
    """Return up to ``limit`` videos below ``root``, spread evenly over their sorted paths.

    Raises:
        DataError: there is none.
    """
    paths = sorted(str(path) for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"--root {root}: no video below it (looked for {', '.join(SUFFIXES)})")
    step = max(len(paths) / limit, 1)
    return [paths[int(number * step)] for number in range(min(limit, len(paths)))]


def measure(root: Path, limit: int, rounds: int) -> dict[str, Any]:
    """Load the videos below ``root`` through every pipeline, alternating file by file; each round draws new views."""
    loads = {"ours": make_ours(with_colour=False), "stock": make_stock(), "ours_with_colour": make_ours(with_colour=True)}
    videos = find_videos(root, limit)
    seconds: dict[str, list[float]] = {name: [] for name in loads}
    for path in videos:
        epochs = dict.fromkeys(loads, 0)

        def run(name: str, path: str = path, epochs: dict[str, int] = epochs) -> None:
            epochs[name] += 1
            if loads[name](path, epochs[name]).numel() != 3 * 8 * 224 * 224:
                raise RuntimeError(f"{name} does not give a clip of 8 x 224 x 224")

        with kept_globals():  # as around the clips of a batch, see VideoDataset.__getitems__
            times = alternate({name: lambda name=name: run(name) for name in loads}, rounds, "cpu")
        for name in loads:
            seconds[name].append(statistics.median(times[name]))
    return {
        "videos": len(videos),
        "rounds": rounds,
        "clips_per_second": {name: len(videos) / sum(times) for name, times in seconds.items()},
        "speed_ratio_ours_to_stock": paired_ratio(seconds["stock"], seconds["ours"]),
        "cost_of_colour": paired_ratio(seconds["ours_with_colour"], seconds["ours"]),
    }


def main() -> None:
    """Measure every folder and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, nargs="+", required=True, help="folders of videos, searched in depth")
    parser.add_argument("--videos", type=int, default=40, help="videos of each folder")
    add_report_options(parser, 5, "load.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    results = []
    for root in args.root:
        result = {"folder": root.name, **measure(root, args.videos, args.rounds)}
        speed, ratio = result["clips_per_second"], result["speed_ratio_ours_to_stock"]
        print(
            f"{root.name}: ours {speed['ours']:.1f} clips/s  mmaction2 {speed['stock']:.1f}  ratio {ratio['median']:.3f} "
            f"[{ratio['lower_quartile']:.3f}, {ratio['upper_quartile']:.3f}]  ours with colour {speed['ours_with_colour']:.1f}",
            flush=True,
        )
        results.append(result)
    del args.root  # machine paths are no part of a report
    write_report(args, results)


if __name__ == "__main__":
    from mmxkd.apis.cli import run_cli

    run_cli(main)
