#!/usr/bin/env python3
"""Combine stores of the same samples into one: tools/teacher/ensemble.py STORE STORE ... --out STORE [--reduce mean | max | weighted]."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.teacher.ensemble import main

if __name__ == "__main__":
    run_cli(main)
