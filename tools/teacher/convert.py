#!/usr/bin/env python3
"""Turn a published prediction dump into a store: tools/teacher/convert.py DUMP.pkl --out STORE --allow-pickle [options]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.teacher.convert import main

if __name__ == "__main__":
    run_cli(main)
