#!/usr/bin/env python3
"""Puppet demo: generate clips, train a teacher, students alone and distilled, and compare them; `make demo` runs it."""

import argparse
from pathlib import Path

from mmxkd.apis.cli import run_cli


def main() -> None:
    """Parse the command line and run the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/demo"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--workers", type=int, default=2, help="runs side by side, one thread each (default 2)")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted demo")
    args = parser.parse_args()

    from mmxkd.apis.demo import run_demo

    run_demo(args.work_dir, Path(__file__).parent, args.seeds, args.workers, args.resume)


if __name__ == "__main__":
    run_cli(main)
