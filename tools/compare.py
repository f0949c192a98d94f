#!/usr/bin/env python3
"""Train several configs over the same seeds, test them, and compare them with the first one, seed by seed."""

import argparse
from pathlib import Path

from mmxkd.apis.cli import run_cli


def main() -> None:
    """Parse the command line and run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    row = parser.add_argument("--row", dest="rows", nargs="+", action="append", required=True, metavar=("NAME CONFIG", "KEY=VALUE"))
    row.help = "a row: its name, its config, values over the config's; once per row, the first is the baseline"
    parser.add_argument(
        "--metrics", nargs="+", required=True, metavar="NAME", help="as the test logs them, e.g. top1; the first one's pairs are shown"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--work-dir", type=Path, default=Path("work_dirs/comparison"), help="gets the runs, comparison.json and comparison.md"
    )
    parser.add_argument("--workers", type=int, default=2, help="runs side by side, one thread each (default 2)")
    parser.add_argument("--resume", action="store_true", help="keep what an interrupted comparison has finished")
    args = parser.parse_args()

    from mmxkd.apis.compare import Contender, compare
    from mmxkd.apis.configs import ConfigOptions

    contenders = []
    for name, *words in args.rows:
        if not words:
            parser.error(f"--row {name}: expected a name, a config and perhaps KEY=VALUE")
        options = argparse.Namespace(row={})
        ConfigOptions(["--row"], "row")(parser, options, words[1:], "--row")
        contenders.append(Contender(name, words[0], options.row))
    compare(contenders, args.metrics, args.seeds, args.work_dir, Path(__file__).parent, args.workers, args.resume)


if __name__ == "__main__":
    run_cli(main)
