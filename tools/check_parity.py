#!/usr/bin/env python3
"""Compare this framework with numbers recorded from the published code: one line per quantity, exit status 1 on any failure."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.check_parity import main

if __name__ == "__main__":
    run_cli(main)
