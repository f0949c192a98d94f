"""Results over seeds: rows, paired differences, a table and its picture."""

import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def summarize(values: Sequence[float]) -> dict[str, Any]:
    """Return ``mean``, ``std`` (of the sample, 0 for one value) and ``per_seed``, rounded to 5 digits."""
    std = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.fmean(values), 5), "std": round(std, 5), "per_seed": [round(value, 5) for value in values]}


def paired_difference(better: Row, baseline: Row, metric: str) -> dict[str, Any]:
    """Return the summary of ``better - baseline``, seed by seed."""
    pairs = zip(better[metric]["per_seed"], baseline[metric]["per_seed"], strict=True)
    return summarize([a - b for a, b in pairs])


def format_table(rows: Mapping[str, Row], metric: str) -> str:
    """Lay rows out as text: ``metric`` in percent with spread and seeds, cost, and what each has seen."""
    width = max(len(name) for name in rows)
    lines = [f"{'':{width}s}  {metric + ' %':>12s}  {'per seed':24s} {'params':>9s} {'GMACs':>7s} {'ms/clip':>8s}  sees"]
    for name, row in rows.items():
        value = row[metric]
        score = _percent(value).replace("±", "+-")
        seeds = " ".join(f"{100 * one:.1f}" for one in value["per_seed"])
        cost = f"{row['params'] / 1e6:8.2f}M {row['gmacs']:7.3f} {row['ms_per_clip']:8.2f}"
        lines.append(f"{name:{width}s}  {score:>12s}  {seeds:24s} {cost}  {row['sees']}")
    return "\n".join(lines)


def draw_table(rows: Mapping[str, Row], metric: str, title: str, path: Path) -> None:
    """Draw the rows as bars with one dot per seed, their numbers beside them; needs matplotlib (extra ``vis``)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    names = list(rows)
    colours = ["#5b6472", "#c2702f", "#1f7a6b", "#14544a", "#8a4f9e", "#8c8c8c"]
    figure, (axis, side) = plt.subplots(1, 2, figsize=(12, 1.2 + 0.62 * len(names)), gridspec_kw={"width_ratios": [1, 1.05]})
    for place, name in enumerate(names):
        value = rows[name][metric]
        axis.barh(place, 100 * value["mean"], color=colours[place % len(colours)], height=0.62, alpha=0.85)
        dots = [100 * one for one in value["per_seed"]]
        axis.scatter(dots, [place] * len(dots), color="white", edgecolor="black", s=26, zorder=3, clip_on=False)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xlabel(f"{metric} on held-out data, % (dots: seeds)")
    axis.spines[["top", "right"]].set_visible(False)
    # Beside each bar its figures; the places of the columns are shares of the width.
    columns = {
        f"{metric} %": (0.0, lambda row: _percent(row[metric])),
        "params": (0.17, lambda row: f"{row['params'] / 1e6:.2f} M"),
        "GMACs": (0.30, lambda row: f"{row['gmacs']:.3f}"),
        "ms/clip": (0.42, lambda row: f"{row['ms_per_clip']:.1f}"),
        "trained on": (0.55, lambda row: textwrap.fill(row["sees"], 42)),
    }
    side.axis("off")
    side.set_ylim(axis.get_ylim())
    for header, (x, say) in columns.items():
        for place, text in enumerate([header, *map(say, rows.values())], start=-1):
            weight = "bold" if place < 0 else "normal"
            side.text(x, max(place, -0.55), text, va="bottom" if place < 0 else "center", fontsize=9, fontweight=weight)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def format_markdown(rows: Mapping[str, Row], differences: Mapping[str, Mapping[str, Any]], metric: str) -> str:
    """Lay rows out as a Markdown table: ``metric`` in percent, its seeds, and the paired difference to the first row."""
    lines = [f"| row | {metric} % | per seed | difference, paired |", "| --- | --- | --- | --- |"]
    for name, row in rows.items():
        value, difference = row[metric], differences.get(name)
        seeds = " ".join(f"{100 * one:.1f}" for one in value["per_seed"])
        paired = "" if difference is None else f"{100 * difference['mean']:+.1f} ± {100 * difference['std']:.1f}"
        lines.append(f"| {name} | {_percent(value)} | {seeds} | {paired} |")
    return "\n".join(lines)


def _percent(value: Mapping[str, Any]) -> str:
    """Mean of the seeds, and their spread where there are several."""
    spread = f" ± {100 * value['std']:.1f}" if len(value["per_seed"]) > 1 else ""
    return f"{100 * value['mean']:.1f}{spread}"
