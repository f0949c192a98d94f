"""Knowledge distillation between video and language on MMEngine.

Importing the package registers nothing and loads nothing heavy: the registries import what they build when it is first asked for.
"""

from mmxkd.version import __version__

__all__ = ["__version__"]
