#!/usr/bin/env python3
"""Count multiply-adds and parameters of a config's model; of a distillation config, student, teacher and their ratio."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.get_flops import main

if __name__ == "__main__":
    run_cli(main)
