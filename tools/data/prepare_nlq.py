#!/usr/bin/env python3
"""Write the list of queries of an Ego4D NLQ annotation file (v1 or v2), one json object per line."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.prepare_nlq import main

if __name__ == "__main__":
    run_cli(main)
