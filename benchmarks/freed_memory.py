"""What a distillation step costs on the CPU with and without ``keep_freed_memory``, in processes that take turns."""

import argparse
import multiprocessing
import resource
import statistics
import time
from typing import Any

from benchmarks.common import add_device_options, add_report_options, paired_ratio, write_report
from benchmarks.kd_step import CONFIGS, build_run
from mmxkd.apis.memory import keep_freed_memory

FIGURES = ("cpu_seconds", "page_faults", "peak_memory_mb")


def measure_process(name: str, keep: bool, steps: int, args: argparse.Namespace) -> dict[str, float]:
    """Return what a step costs in this process, after three to warm up, and the process's peak memory in 10^6 bytes."""
    if keep and not keep_freed_memory():
        raise SystemExit("this process's memory is managed by another library, or by MALLOC_*, GLIBC_TUNABLES or LD_PRELOAD")
    step = build_run(name, "distilled", args)
    for _ in range(3):
        step()
    faults, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.process_time()
    for _ in range(steps):
        step()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = ((time.process_time() - start) / steps, (usage.ru_minflt - faults) / steps, usage.ru_maxrss * 1024 / 1e6)
    return dict(zip(FIGURES, figures, strict=True))


def measure(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Let a process of each kind run in turn, every second round in reverse order; return medians and the ratios of kept to default."""
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for number in range(args.rounds):
        for keep in (False, True) if number % 2 else (True, False):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found[keep].append(pool.apply(measure_process, (name, keep, args.steps, args)))
    columns = {keep: {figure: [one[figure] for one in rounds] for figure in FIGURES} for keep, rounds in found.items()}
    medians = {keep: {figure: statistics.median(values) for figure, values in column.items()} for keep, column in columns.items()}
    ratios = {figure: paired_ratio(columns[True][figure], columns[False][figure]) for figure in FIGURES}
    return {"pair": name, "config": CONFIGS[name], "default": medians[False], "kept": medians[True], "kept_over_default": ratios}


def main() -> None:
    """Measure the asked-for pairs and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="+", choices=CONFIGS, default=list(CONFIGS))
    parser.add_argument("--steps", type=int, default=20, help="steps of a process")
    parser.add_argument("--size", type=int, help="side of the clips; default: what the student is made for")
    parser.add_argument("--batch", type=int, default=1)
    add_device_options(parser)
    add_report_options(parser, 5, "freed_memory.json")
    args = parser.parse_args()
    if args.device != "cpu":
        parser.error("--device: accepted here: cpu")
    results = []
    for name in args.pairs:
        result = measure(name, args)
        default, kept, ratios = (result[key] for key in ("default", "kept", "kept_over_default"))
        gain = ratios["cpu_seconds"]
        print(
            f"{name:10s} step {default['cpu_seconds']:.3f} -> {kept['cpu_seconds']:.3f} s = {gain['median']:.3f} "
            f"[{gain['lower_quartile']:.3f}, {gain['upper_quartile']:.3f}]  page faults {default['page_faults']:.0f} -> "
            f"{kept['page_faults']:.0f}  peak memory {ratios['peak_memory_mb']['median']:.3f}",
            flush=True,
        )
        results.append(result)
    write_report(args, results)


if __name__ == "__main__":
    main()
