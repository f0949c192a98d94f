"""Tables of figures in the READMEs of the configs, made from the metafiles; published figures and ours in columns of their own.

A README says where a table goes, and of which models by shell patterns over their names; a model stands in the first that asks for it::

    <!-- zoo: ucf101_teacher_* ucf101_kd -->
    <!-- /zoo -->
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmxkd.apis.tables import summarize
from mmxkd.errors import ConfigError, DataError

_TABLE = re.compile(r"(<!-- zoo: (.*?) -->\n).*?(<!-- /zoo -->)", re.DOTALL)
_SHORT = {
    "Top 1 Accuracy": "top-1",
    "Top 5 Accuracy": "top-5",
    "Class Mean Accuracy": "class mean",
    "Recall@5 819 list": "recall@5, 819 list",
}
#: Keys beside the figures of a side: how many seeds, and their standard deviations.
_SEEDS, _SPREAD = "Seeds", "Spread"
_LOSS = "Masked Token Loss"
#: What tests log (fractions, and a loss) -> the figure's name in a metafile (percent, and a loss).
LOGGED = {
    "top1": "Top 1 Accuracy",
    "top5": "Top 5 Accuracy",
    "mean_class": "Class Mean Accuracy",
    "recall5_actions819": "Recall@5 819 list",
    "r1_iou03": "R@1 IoU 0.3",
    "r5_iou03": "R@5 IoU 0.3",
    "r1_iou05": "R@1 IoU 0.5",
    "r5_iou05": "R@5 IoU 0.5",
    "mlm_loss": _LOSS,
    "mlm_accuracy": "Masked Token Accuracy",
}


def read_metafile(folder: str | Path) -> list[dict[str, Any]]:
    """Return the models of ``<folder>/metafile.yml``.

    Raises:
        DataError: it cannot be read, or a model lacks a field of the layout.
    """
    import yaml

    path = Path(folder, "metafile.yml")
    try:
        models = yaml.safe_load(path.read_text(encoding="utf-8"))["Models"]
        for model in models:
            _ = model["Name"], model["Config"], model["Metadata"]["Architecture"], model["Metadata"]["Parameters"]
            _ = [(result["Published"], result["Measured"]) for result in model["Results"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DataError(f"{path}: no metafile of models ({type(error).__name__}: {error})") from None
    return models


def render(text: str, models: Sequence[Mapping[str, Any]], source: str = "README") -> str:
    """Return a README's text with its tables made anew.

    Raises:
        ConfigError: a pattern no model's name matches, or a model in no table.
    """
    shown: set[str] = set()

    def table(match: re.Match[str]) -> str:
        rows = []
        for pattern in match[2].split():
            found = [model for model in models if fnmatchcase(model["Name"], pattern)]
            if not found:
                raise ConfigError(f"{source}: <!-- zoo: {match[2]} -->: no model of the metafile is named {pattern!r}")
            rows += [model for model in found if model["Name"] not in shown]
            shown.update(model["Name"] for model in found)
        return match[1] + "\n" + format_rows(rows) + "\n" + match[3]

    made = _TABLE.sub(table, text)
    forgotten = [model["Name"] for model in models if model["Name"] not in shown]
    if forgotten:
        raise ConfigError(f"{source}: {len(forgotten)} models of the metafile are in no table: {', '.join(forgotten)}")
    return made


def format_rows(models: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of some models, one line each."""
    results = [model["Results"][0] for model in models]
    columns: dict[str, list[str]] = {
        "model": [model["Metadata"]["Architecture"] for model in models],
        "config": [f"[{Path(model['Config']).name}]({Path(model['Config']).name})" for model in models],
    }
    if len({result["Dataset"] for result in results}) > 1:
        columns["data"] = [result["Dataset"] for result in results]
    columns["params"] = [f"{model['Metadata']['Parameters'] / 1e6:.1f} M" for model in models]
    for key, title in (("GMACs", "GMACs"), ("History", "history")):
        found = [model["Metadata"].get(key, "") for model in models]
        if any(found):
            columns[title] = [f"{value:.1f}" if isinstance(value, float) else value for value in found]
    columns |= _side("published", [result["Published"] for result in results], "none")
    columns |= _side("ours", [result["Measured"] for result in results], "not run")
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(cells) for cells in zip(*columns.values(), strict=True)]
    return "".join(f"| {line} |\n" for line in lines)


def _side(title: str, sides: Sequence[Mapping[str, Any]], absent: str) -> dict[str, list[str]]:
    """Return the columns of the published or of our figures: the measures, how many seeds, and what they are of."""
    names = list(dict.fromkeys(name for side in sides for name, value in side.items() if isinstance(value, int | float) and name != _SEEDS))
    if not names:
        return {title: [absent for _ in sides]}
    digits = {name: max(len(str(side[name]).partition(".")[2]) for side in sides if name in side) for name in names}
    columns = {
        f"{title} {' / '.join(_SHORT.get(name, name) for name in names)}": [
            " / ".join(_figure(side, name, digits[name]) for name in names) if side else absent for side in sides
        ]
    }
    if any(_SEEDS in side for side in sides):
        columns["seeds"] = [str(side.get(_SEEDS, "")) for side in sides]
    words = [", ".join(value for value in side.values() if isinstance(value, str)) for side in sides]
    return columns | ({f"{title} on": words} if any(words) else {})


def _figure(side: Mapping[str, Any], name: str, digits: int) -> str:
    if name not in side:
        return "-"
    spread = (side.get(_SPREAD) or {}).get(name)
    return f"{side[name]:.{digits}f}" + ("" if spread is None else f" ± {spread:.{digits}f}")


def update(folders: Iterable[str | Path], check: bool = False) -> list[Path]:
    """Make the tables of every folder's ``README.md`` anew; return the files that were (with ``check``: would be) changed.

    Raises:
        ConfigError: see ``render``.
        DataError: see ``read_metafile``.
    """
    changed = []
    for folder in folders:
        path = Path(folder, "README.md")
        text = path.read_text(encoding="utf-8")
        made = render(text, read_metafile(folder), str(path))
        if made != text:
            changed.append(path)
            if not check:
                path.write_text(made, encoding="utf-8")
    return changed


def measure(logs: Sequence[str | Path]) -> dict[str, Any]:
    """Return the ``Measured`` of a metafile from the metrics tests logged, one file a seed: percent with two decimals, losses
    with three.

    Raises:
        DataError: a file holds no known metric, or not those the others hold.
    """
    runs = []
    for path in logs:
        try:
            logged = json.loads(Path(path).read_text(encoding="utf-8"))
            known = {LOGGED[key]: float(value) for key, value in logged.items() if key in LOGGED}
            runs.append({figure: value if figure == _LOSS else 100 * value for figure, value in known.items()})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: no metrics of a test ({error})") from None
        if not runs[-1] or runs[-1].keys() != runs[0].keys():
            raise DataError(f"{path}: holds {sorted(runs[-1])}; accepted: any of {', '.join(LOGGED)}, the same in all files")
    figures = {name: summarize([run[name] for run in runs]) for name in runs[0]}
    decimals = {name: 3 if name == _LOSS else 2 for name in figures}
    measured: dict[str, Any] = {name: round(figure["mean"], decimals[name]) for name, figure in figures.items()}
    measured[_SEEDS] = len(runs)
    if len(runs) > 1:
        measured[_SPREAD] = {name: round(figure["std"], decimals[name]) for name, figure in figures.items()}
    return measured


def record(metafile: str | Path, name: str, measured: Mapping[str, Any]) -> None:
    """Write ``measured`` into the model ``name`` of a metafile; everything else stays to the letter.

    Raises:
        ConfigError: the metafile has no such model.
    """
    path = Path(metafile)
    flow = json.dumps(dict(measured)).replace('"', "")
    block = re.compile(rf"(^  - Name: {re.escape(name)}\n(?:(?!  - Name: ).*\n)*?        Measured: ).*$", re.MULTILINE)
    text, count = block.subn(lambda match: match[1] + flow, path.read_text(encoding="utf-8"), count=1)
    if not count:
        raise ConfigError(f"{path}: no model named {name!r}")
    path.write_text(text, encoding="utf-8")
