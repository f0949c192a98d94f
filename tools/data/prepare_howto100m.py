#!/usr/bin/env python3
"""Write the captions and keys of HowTo100M's videos that have features."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.prepare_howto100m import main

if __name__ == "__main__":
    run_cli(main)
