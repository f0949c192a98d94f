#!/usr/bin/env python3
"""Draw the spatial, temporal and product modulator maps of a video: input, first ... last layer, as PNG strips and a GIF."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.visualize_modulators import main

if __name__ == "__main__":
    run_cli(main)
