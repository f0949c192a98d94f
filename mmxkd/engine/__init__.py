"""Training machinery: hooks, loops, optimisation, storage and the runner. Importing it registers the model wrapper."""

from mmxkd.engine import wrappers

__all__ = ["wrappers"]
