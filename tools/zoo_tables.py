#!/usr/bin/env python3
"""Make the tables of figures in configs/*/README.md from the metafiles, or write logged figures into a metafile."""

import argparse
from pathlib import Path

from mmxkd.apis.cli import run_cli
from mmxkd.apis.zoo_tables import measure, record, update
from mmxkd.errors import DataError

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; an error if a table is not what its metafile says")
    parser.add_argument(
        "--record", nargs="+", metavar=("SYSTEM/NAME", "LOG"), help="a model, and the metrics its tests logged: one json a seed"
    )
    args = parser.parse_args()
    if args.record:
        name, *logs = args.record
        if not logs or "/" not in name:
            parser.error("--record takes SYSTEM/NAME, such as dvfl/ucf101_kd, and one or more LOG")
        system, _, model = name.partition("/")
        record(CONFIGS / system / "metafile.yml", model, measure(logs))
    changed = update(sorted(path.parent for path in CONFIGS.glob("*/metafile.yml")), check=args.check)
    if changed and args.check:
        raise DataError(f"{', '.join(map(str, changed))}: not what the metafile says; run tools/zoo_tables.py")
    print("\n".join(f"{path}: made anew" for path in changed) or "all tables are what the metafiles say")


if __name__ == "__main__":
    run_cli(main)
