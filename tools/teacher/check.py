#!/usr/bin/env python3
"""Compute a sample of a store's rows again: tools/teacher/check.py STORE CONFIG [TEACHER_CKPT]; exit status 1 past the tolerance."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.teacher.check import main

if __name__ == "__main__":
    run_cli(main)
