#!/usr/bin/env python3
"""From recipes (Recipe1M's layer1.json) to a corpus of action text, one recipe per line."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.recipe_actions import main

if __name__ == "__main__":
    run_cli(main)
