#!/usr/bin/env python3
"""Convert an official checkpoint into ours: tools/convert_checkpoint.py {dvfl,focalnet2d,groundnlq,...} IN OUT [--allow-pickle] [--ema]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.convert_checkpoint import main

if __name__ == "__main__":
    run_cli(main)
