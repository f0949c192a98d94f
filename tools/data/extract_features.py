#!/usr/bin/env python3
"""Extract features of whole videos."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.extract_features import main

if __name__ == "__main__":
    run_cli(main)
