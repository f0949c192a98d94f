"""What the measurements share: alternating runs, paired statistics, peak memory, the machine, the report."""

import argparse
import ctypes
import gc
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
Runs = Mapping[str, Callable[[], object]]


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Add the options every model measurement takes."""
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32", help="bf16: autocast")
    parser.add_argument("--channels-last", action="store_true", help="lay convolution weights out channels last")
    parser.add_argument("--compile", action="store_true", help="torch.compile every model")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of PyTorch")


def add_report_options(parser: argparse.ArgumentParser, default_rounds: int, name: str) -> None:
    """Add the number of rounds and the file of results."""
    parser.add_argument("--rounds", type=int, default=default_rounds, help="times everything runs, alternating, after one warm-up round")
    parser.add_argument("--out", type=Path, default=RESULTS / name, help="JSON file of results")


def check_device(device: str) -> None:
    """Leave with a message, and without an error, where the asked-for device does not exist."""
    if device == "cuda" and not torch.cuda.is_available():
        print("skipped: --device cuda, and PyTorch finds no CUDA device here")
        sys.exit(0)


def autocast(args: argparse.Namespace) -> AbstractContextManager:
    """Return the autocast context of ``--dtype``."""
    return torch.autocast(args.device, torch.bfloat16, enabled=args.dtype == "bf16")


def prepare(model: nn.Module, args: argparse.Namespace) -> nn.Module:
    """Move, lay out and compile a model as the options say."""
    model = model.to(args.device)
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
    if args.compile:
        model.compile()
    return model


def timed(run: Callable[[], object], device: str) -> float:
    """Return seconds of one run: CPU time of this process, or wall time until the device is done."""
    if device == "cpu":
        start = time.process_time()
        run()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def alternate(runs: Runs, rounds: int, device: str) -> dict[str, list[float]]:
    """Time the runs one after the other, ``rounds`` times, every second round in reverse order; one round more warms up.

    Returns:
        name -> seconds of each round; equal positions are of the same round, so they pair.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name in runs if number % 2 else reversed(list(runs)):
            elapsed = timed(runs[name], device)
            if number:
                seconds[name].append(elapsed)
    return seconds


def paired_ratio(numerator: list[float], denominator: list[float]) -> dict[str, float]:
    """Return median and quartiles of the ratios of paired times."""
    ratios = [a / b for a, b in zip(numerator, denominator, strict=True)]
    lower, middle, upper = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return {"median": middle, "lower_quartile": lower, "upper_quartile": upper}


def peak_memory_mb(build: Callable[..., Callable[[], object]], *args: Any, device: str = "cpu") -> float:
    """Return 10^6 bytes that three calls of ``build(*args)()`` need beyond what is held after building.

    CPU (Linux): growth of the resident set's high-water mark, in a process of its own, so ``build`` must be importable. CUDA: the
    allocator's figure.
    """
    if device == "cuda":
        run = build(*args)
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
        _repeat(run)
        return (torch.cuda.max_memory_allocated() - held) / 1e6
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_resident_growth, (build, args))


def machine() -> dict[str, Any]:
    """Describe the machine without naming it; processors of one name differ by their family and model."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = [line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line] if cpuinfo.exists() else []
    known = {name.strip(): value.strip() for name, value in lines}
    return {
        "cpu": known.get("model name") or platform.processor() or platform.machine(),
        "family_and_model": [int(known[key]) for key in ("cpu family", "model") if key in known],
        "cores": os.cpu_count(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def write_report(args: argparse.Namespace, results: Any, **summary: Any) -> None:
    """Write machine, options and results to ``args.out``, the ``summary`` beside them."""
    options = {key: value for key, value in vars(args).items() if not isinstance(value, Path)}
    report = {"date": date.today().isoformat(), "machine": machine(), "options": options, **summary, "results": results}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"wrote {args.out}")


def _resident_growth(build: Callable[..., Callable[[], object]], args: tuple) -> float:
    run = build(*args)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what building freed is not to count as held
    Path("/proc/self/clear_refs").write_text("5")  # resets the high-water mark
    held = _status_kilobytes("VmRSS")
    _repeat(run)
    return (_status_kilobytes("VmHWM") - held) * 1024 / 1e6


def _status_kilobytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def _repeat(run: Callable[[], object]) -> None:
    for _ in range(3):
        run()
