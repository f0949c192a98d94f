#!/usr/bin/env python3
"""Write the token features of the questions in annotation files; can be stopped and started again."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.extract_text_features import main

if __name__ == "__main__":
    run_cli(main)
