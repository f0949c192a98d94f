#!/usr/bin/env python3
"""Turn a Wikipedia dump, or plain text, into train.txt, valid.txt and test.txt with one paragraph per line."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.prepare_wiki import main

if __name__ == "__main__":
    run_cli(main)
