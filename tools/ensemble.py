#!/usr/bin/env python3
"""Fuse prediction files: tools/ensemble.py --task nlq FIRST.json SECOND.json ... --out FUSED.json."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.ensemble import main

if __name__ == "__main__":
    run_cli(main)
