#!/usr/bin/env python3
"""Turn a text file, one paragraph per line, into memory-mapped token ids; started again after a kill, it goes on."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.tokenize_corpus import main

if __name__ == "__main__":
    run_cli(main)
