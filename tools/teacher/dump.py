#!/usr/bin/env python3
"""Write what a teacher says into a store: tools/teacher/dump.py CONFIG [TEACHER_CKPT] --split train --out STORE [options]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.teacher.dump import main

if __name__ == "__main__":
    run_cli(main)
