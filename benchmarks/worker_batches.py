"""What a batch that a loader's worker has ready costs the training process to receive: tensor by tensor, and in one piece."""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Dataset

from benchmarks.common import add_report_options, paired_ratio, write_report
from mmxkd.datasets.parcel import ParcelCollate
from mmxkd.structures import DataSample

#: Name -> samples of a batch, what one looks like.
BATCHES: dict[str, tuple[int, Callable[[], Any]]] = {
    "puppet clips": (16, lambda: torch.zeros(1, 3, 8, 56, 56, dtype=torch.uint8)),
    "UCF101 clips": (8, lambda: torch.zeros(1, 3, 8, 224, 224, dtype=torch.uint8)),
    "texts": (32, lambda: {name: torch.zeros(128, dtype=torch.int64) for name in ("input_ids", "token_type_ids", "labels")}),
}


class Samples(Dataset):
    """``count`` samples that cost nothing to make."""

    def __init__(self, make: Callable[[], Any], count: int) -> None:
        self.make, self.count = make, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        sample = DataSample(gt_label=torch.tensor(index), metainfo={"uid": f"v{index}", "epoch": 0, "timing": {}})
        return {"inputs": self.make(), "data_samples": sample}


def receive(batches: Iterator[Any], pause: float) -> float:
    """Return the seconds that the next batch takes to receive, after a pause in which a worker makes it."""
    time.sleep(pause)
    start = time.perf_counter()
    next(batches)
    return time.perf_counter() - start


def measure(name: str, rounds: int, pause: float) -> dict[str, Any]:
    """Let two loaders with a worker each take turns; return median milliseconds and the ratio of one piece to tensor by tensor."""
    size, make = BATCHES[name]
    kinds: dict[str, Callable] = {"tensor_by_tensor": pseudo_collate, "one_piece": ParcelCollate(pseudo_collate)}
    dataset = Samples(make, size * (rounds + 3))
    loaders = {kind: iter(DataLoader(dataset, size, collate_fn=collate, num_workers=1)) for kind, collate in kinds.items()}
    seconds: dict[str, list[float]] = {kind: [] for kind in loaders}
    for number in range(rounds + 3):
        for kind, batches in loaders.items():
            elapsed = receive(batches, pause)
            if number >= 3:
                seconds[kind].append(elapsed)
    medians = {f"{kind}_ms": 1000 * statistics.median(times) for kind, times in seconds.items()}
    ratio = paired_ratio(seconds["one_piece"], seconds["tensor_by_tensor"])
    return {"batch": name, "samples": size, **medians, "one_piece_over_tensor_by_tensor": ratio}


def main() -> None:
    """Measure every kind of batch and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between two batches, the model's share of a step")
    add_report_options(parser, 40, "worker_batches.json")
    args = parser.parse_args()
    results = []
    for name in BATCHES:
        result = measure(name, args.rounds, args.pause)
        ratio = result["one_piece_over_tensor_by_tensor"]
        print(
            f"{result['samples']:2d} {name:12s} {result['tensor_by_tensor_ms']:5.1f} -> {result['one_piece_ms']:4.1f} ms = "
            f"{ratio['median']:.3f} [{ratio['lower_quartile']:.3f}, {ratio['upper_quartile']:.3f}]",
            flush=True,
        )
        results.append(result)
    write_report(args, results)


if __name__ == "__main__":
    main()
