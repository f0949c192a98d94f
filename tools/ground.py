#!/usr/bin/env python3
"""Ask a video: tools/ground.py GROUNDER VIDEO "when does she open the fridge?" ... [--json OUT.json] [--picture OUT.png]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.ground import main

if __name__ == "__main__":
    run_cli(main)
