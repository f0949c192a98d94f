#!/usr/bin/env python3
"""Write a language model's checkpoint as a Hugging Face folder."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.export_hugging_face import main

if __name__ == "__main__":
    run_cli(main)
