"""Text for language models; importing this package registers the data sets."""

from mmxkd.datasets.language import blocks, glue, howto100m, lines

__all__ = ["blocks", "glue", "howto100m", "lines"]
