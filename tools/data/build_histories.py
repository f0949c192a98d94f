#!/usr/bin/env python3
"""From an annotation table, or recipes, to records (uid, history, target), and the n-gram baselines of such histories."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.build_histories import main

if __name__ == "__main__":
    run_cli(main)
