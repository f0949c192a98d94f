#!/usr/bin/env python3
"""Put a localizer, the backbone of its video features, its text model and the preprocessing into one file for tools/ground.py."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.make_grounder import main

if __name__ == "__main__":
    run_cli(main)
