"""The engine's toy components and runs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from engine_fixtures import in_child, toy_config

__all__ = ["in_child", "toy_config"]
