#!/usr/bin/env python3
"""Train a model: tools/train.py CONFIG [options]; several processes: tools/dist_train.sh, tools/slurm_train.sh."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.train import main

if __name__ == "__main__":
    run_cli(main)
