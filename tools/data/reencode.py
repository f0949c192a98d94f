#!/usr/bin/env python3
"""Copy videos as small H.264 files with frequent key frames, which every reader reads right and fast."""

from mmxkd.apis.cli import run_cli
from mmxkd.commands.data.reencode import main

if __name__ == "__main__":
    run_cli(main)
