"""A deterministic world of articulated stick figures that act; needs nothing but NumPy and OpenCV.

What writes files (`mmxkd.datasets.puppet.ucf_layout`) is imported by name, because it needs PyAV.
"""

from mmxkd.datasets.puppet.actions import ACTIONS, CLASSES, FPS, Action
from mmxkd.datasets.puppet.clip import ClipScript, generate_clip
from mmxkd.datasets.puppet.style import PuppetStyle

__all__ = ["ACTIONS", "CLASSES", "FPS", "Action", "ClipScript", "PuppetStyle", "generate_clip"]
