"""Configs trained over the same seeds and compared seed by seed: does distilling help here?"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmxkd.apis.experiments import Job, JobGrid, job_name
from mmxkd.apis.tables import Row, paired_difference, summarize
from mmxkd.errors import ConfigError


@dataclass(frozen=True)
class Contender:
    """A row of a comparison: its name, its config, and what is set over it; ``{seed}`` in a text stands for the run's seed."""

    name: str
    config: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def job(self, seed: int) -> Job:
        """Return its run with a seed."""
        filled = {key: value.replace("{seed}", str(seed)) if isinstance(value, str) else value for key, value in self.options.items()}
        return Job(job_name(self.name, seed), self.config, {**filled, "randomness.seed": seed})


def compare(
    contenders: Sequence[Contender],
    metrics: Sequence[str],
    seeds: Sequence[int],
    work_dir: Path,
    tools: Path,
    workers: int = 2,
    resume: bool = False,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train and test every contender with every seed, and write ``comparison.json`` and ``comparison.md`` into ``work_dir``.

    Args:
        contenders: the first is what the others are compared with.
        metrics: names as the test logs them; differences are taken of all.
        seeds: of training; equal ones have equal data order.
        work_dir: gets a folder per run, see ``job_name``.
        tools: folder of the command lines.
        workers: runs at a time, one thread each.
        resume: keep what an interrupted comparison has finished.
        say: told the table.

    Returns:
        ``{"seeds", "rows": {name: {metric: summary}}, "differences": {name: {metric: summary of row - first row}}}``.

    Raises:
        ConfigError: two rows of one name, or a metric that the test does not log; what it logs is named.
    """
    names = [one.name for one in contenders]
    if len({job_name(name, 0) for name in names}) < len(names):
        raise ConfigError(f"rows {', '.join(names)}; accepted: names that differ in letters or numbers")
    jobs = [one.job(seed) for seed in seeds for one in contenders]
    JobGrid(jobs, work_dir, tools, workers, resume).run()
    rows: dict[str, Row] = {}
    for name in names:
        found = [read_test_metrics(work_dir / job_name(name, seed), metrics) for seed in seeds]
        rows[name] = {metric: summarize([one[metric] for one in found]) for metric in metrics}
    first = rows[names[0]]
    differences = {name: {metric: paired_difference(rows[name], first, metric) for metric in metrics} for name in names[1:]}
    result = {"seeds": list(seeds), "rows": rows, "differences": differences}
    table = format_comparison(rows, differences, metrics)
    (work_dir / "comparison.json").write_text(json.dumps(result, indent=1))
    (work_dir / "comparison.md").write_text(table + "\n")
    say(table)
    return result


def read_test_metrics(run: Path, metrics: Sequence[str]) -> dict[str, float]:
    """Return what the last test of a run logged.

    Raises:
        ConfigError: it logged no such metric.
    """
    log = max((run / "test").glob("*/*.json"))
    logged = json.loads(log.read_text().splitlines()[-1])
    known = {name: value for name, value in logged.items() if isinstance(value, float)}
    for metric in metrics:
        if metric not in known:
            raise ConfigError(f"metric {metric!r} is not what {run.name} logged; accepted: {', '.join(known)}")
    return {metric: known[metric] for metric in metrics}


def format_comparison(rows: Mapping[str, Row], differences: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> str:
    """Lay a comparison out as a Markdown table: mean and spread of every metric, and of the first the paired differences, seed by seed."""
    lines = [f"| row | {' | '.join(metrics)} | {metrics[0]}, paired difference |", "| --- " * (len(metrics) + 2) + "|"]
    for name, row in rows.items():
        cells = [f"{row[metric]['mean']:.4g} ± {row[metric]['std']:.2g}" for metric in metrics]
        paired = ", ".join(f"{one:+.3g}" for one in differences[name][metrics[0]]["per_seed"]) if name in differences else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {paired} |")
    return "\n".join(lines)
