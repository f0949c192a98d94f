"""Toy components and runs; see ``engine_toys`` and ``engine_fixtures``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine_fixtures import in_child, toy_config

__all__ = ["in_child", "toy_config"]
