#!/usr/bin/env python3
"""Ablate logit distillation on the puppet world (make it first: tools/data/make_puppet.py data/puppet)."""

import argparse
from pathlib import Path

from mmxkd.apis.cli import run_cli


def main() -> None:
    """Parse the command line and run the grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--alphas", type=float, nargs="+", default=[0.2, 0.5, 0.8])
    parser.add_argument("--temperatures", type=float, nargs="+", default=[1.0, 4.0, 10.0])
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="only rows whose names hold one of these")
    parser.add_argument("--workers", type=int, default=2, help="runs side by side, one thread each (default 2)")
    parser.add_argument("--markdown", type=Path, help="write the table here too")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted grid")
    args = parser.parse_args()

    from mmxkd.apis.ablation import run_ablation

    run_ablation(
        args.work_dir,
        Path(__file__).parent,
        args.seeds,
        args.alphas,
        args.temperatures,
        args.workers,
        args.resume,
        args.only,
        args.markdown,
    )


if __name__ == "__main__":
    run_cli(main)
