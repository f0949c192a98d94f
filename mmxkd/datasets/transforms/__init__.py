"""Transforms of video samples; importing this package registers them. Geometry is mmaction2's (``mmaction.Resize`` and so on)."""

from mmxkd.datasets.transforms.color import ColorJitter, RandomGrayscale
from mmxkd.datasets.transforms.compose import SeededCompose
from mmxkd.datasets.transforms.decode import ArrayVideo, DecodeFrames, OpenVideo
from mmxkd.datasets.transforms.geometry import DiagonalCrops
from mmxkd.datasets.transforms.pack import PackVideo
from mmxkd.datasets.transforms.sampling import SampleFrames, sample_segments
from mmxkd.datasets.transforms.segment import CutSegment

__all__ = [
    "ArrayVideo",
    "ColorJitter",
    "CutSegment",
    "DecodeFrames",
    "DiagonalCrops",
    "OpenVideo",
    "PackVideo",
    "RandomGrayscale",
    "SampleFrames",
    "SeededCompose",
    "sample_segments",
]
