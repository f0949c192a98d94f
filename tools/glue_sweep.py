#!/usr/bin/env python3
"""Fine-tune every epoch's checkpoint on GLUE tasks over several seeds; medians, and which runs diverged."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.glue_sweep import main

if __name__ == "__main__":
    run_cli(main)
