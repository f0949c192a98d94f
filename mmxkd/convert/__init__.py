"""Official checkpoints into ours, one file per system; ``CONVERTERS`` is what ``tools/convert_checkpoint.py`` offers."""

from collections.abc import Callable

from mmxkd.convert.dvfl import convert_dvfl, convert_focalnet2d
from mmxkd.convert.report import Conversion

CONVERTERS: dict[str, Callable[[dict], Conversion]] = {"dvfl": convert_dvfl, "focalnet2d": convert_focalnet2d}

__all__ = ["CONVERTERS", "Conversion"]
