#!/usr/bin/env python3
"""Serve a page to try checkpoints on: tools/try_it.py CHECKPOINT ... [--port N]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.try_it import main

if __name__ == "__main__":
    run_cli(main)
