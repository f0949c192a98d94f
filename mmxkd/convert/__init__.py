"""Official checkpoints into ours, one file per system; ``CONVERTERS`` is what ``tools/convert_checkpoint.py`` offers."""

from collections.abc import Callable

from mmxkd.convert.avt import convert_avt
from mmxkd.convert.dvfl import convert_dvfl, convert_focalnet2d
from mmxkd.convert.groundnlq import convert_groundnlq
from mmxkd.convert.report import Conversion
from mmxkd.convert.resnext3d import convert_resnext3d
from mmxkd.convert.text_teacher import convert_text_teacher
from mmxkd.convert.vidlankd import convert_vidlankd

CONVERTERS: dict[str, Callable[..., Conversion]] = {
    "avt": convert_avt,
    "dvfl": convert_dvfl,
    "focalnet2d": convert_focalnet2d,
    "groundnlq": convert_groundnlq,
    "resnext3d": convert_resnext3d,
    "text_teacher": convert_text_teacher,
    "vidlankd": convert_vidlankd,
}

__all__ = ["CONVERTERS", "Conversion"]
