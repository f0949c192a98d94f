#!/usr/bin/env python3
"""Check annotation lists (`path label` or `path,label`) and the videos they name; exit status 1 on errors."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.lint_list import main

if __name__ == "__main__":
    run_cli(main)
