#!/usr/bin/env python3
"""Write the narration list for pre-training from EgoClip's table and the clips of Ego4D's NLQ, MQ and VQ training annotations."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.prepare_narrations import main

if __name__ == "__main__":
    run_cli(main)
