#!/usr/bin/env python3
"""Make a puppet world: short clips of acting stick figures in the layout of UCF101, or long videos with everything said about them."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.make_puppet import main

if __name__ == "__main__":
    run_cli(main)
