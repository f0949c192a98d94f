"""Sentences and the moments they mean; importing this package registers the data sets."""

from mmxkd.datasets.grounding.dataset import GroundingDataset
from mmxkd.datasets.grounding.layouts import LAYOUTS, read_queries
from mmxkd.datasets.grounding.queries import GroundingQuery, read_list, write_list

__all__ = ["LAYOUTS", "GroundingDataset", "GroundingQuery", "read_list", "read_queries", "write_list"]
