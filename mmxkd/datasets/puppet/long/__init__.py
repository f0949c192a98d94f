"""Untrimmed puppet videos: a grammar of recipes, filmed, and described in the layouts of the real data sets.

What writes files (`mmxkd.datasets.puppet.long.layout`) is imported by name, because it needs PyAV.
"""

from mmxkd.datasets.puppet.long.grammar import RECIPES, STEPS, Step, generate_steps
from mmxkd.datasets.puppet.long.story import Segment, Story, tell_stories
from mmxkd.datasets.puppet.long.world import LongWorld

__all__ = ["RECIPES", "STEPS", "LongWorld", "Segment", "Step", "Story", "generate_steps", "tell_stories"]
