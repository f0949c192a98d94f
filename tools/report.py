#!/usr/bin/env python3
"""Write what a work folder holds as one HTML file: tools/report.py WORK_DIR [--out FILE]."""

from mmxkd.apis.cli import run_cli
from mmxkd.apis.report import main

if __name__ == "__main__":
    run_cli(main)
