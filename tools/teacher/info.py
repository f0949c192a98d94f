#!/usr/bin/env python3
"""Say what stores hold: tools/teacher/info.py STORE ..."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.teacher.info import main

if __name__ == "__main__":
    run_cli(main)
