#!/usr/bin/env python3
"""Score prediction dumps offline: tools/eval_predictions.py --task anticipation PREDS.npz; several are compared."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.eval_predictions import main

if __name__ == "__main__":
    run_cli(main)
