#!/usr/bin/env python3
"""Lay the GLUE tasks out below one folder and check every row."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.prepare_glue import main

if __name__ == "__main__":
    run_cli(main)
