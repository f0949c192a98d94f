#!/usr/bin/env python3
"""Test a checkpoint: tools/test.py CONFIG CKPT [options]; of a distillation config the student is tested, without its teacher."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.test import main

if __name__ == "__main__":
    run_cli(main)
