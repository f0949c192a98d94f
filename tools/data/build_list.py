#!/usr/bin/env python3
"""Write classes.txt, train.txt and val.txt for a folder of class folders."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.build_list import main

if __name__ == "__main__":
    run_cli(main)
