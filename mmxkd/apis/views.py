"""How many views of a video a test looks at."""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from mmxkd.errors import ConfigError

_CROPS = {1: "mmaction.CenterCrop", 3: "mmaction.ThreeCrop"}


def parse_views(text: str) -> tuple[int, int]:
    """Return (clips, crops) from ``CLIPSxCROPS``, e.g. ``4x3``.

    Raises:
        ConfigError: another form, no clip, or a number of crops other than 1 and 3.
    """
    match = re.fullmatch(r"([1-9]\d*)x([13])", text)
    if not match:
        raise ConfigError(f"--views {text}; accepted: CLIPSxCROPS with 1 or 3 crops, e.g. 4x3")
    return int(match[1]), int(match[2])


def set_views(pipeline: Sequence[dict[str, Any]], clips: int, crops: int) -> list[dict[str, Any]]:
    """Return a test pipeline with ``clips`` places in time and ``crops`` in space, otherwise as it was.

    One crop: the centre of frames whose short side is resized to 256 / 224 of the crop. Three: left, middle and right (or top,
    middle and bottom) of frames resized to the crop. Source: hayatkhan8660-maker/DVFL-Net, fact sheet section 4.

    Raises:
        ConfigError: the pipeline has no (or more than one) ``SampleFrames``, ``Resize`` or crop.
    """
    pipeline = [deepcopy(dict(step)) for step in pipeline]
    sample = _find(pipeline, "SampleFrames")
    resize = _find(pipeline, "Resize")
    crop = _find(pipeline, "CenterCrop", "ThreeCrop")
    size = crop["crop_size"]
    if not isinstance(size, int):
        raise ConfigError(f"test pipeline: crop_size={size!r} cannot be combined with --views; accepted: an integer")
    sample.update(views=clips, test_mode=True)
    crop["type"] = _CROPS[crops]
    resize["scale"] = (-1, size if crops == 3 else int(256 / 224 * size))
    return pipeline


def _find(pipeline: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    found = [step for step in pipeline if str(step.get("type")).rpartition(".")[2] in names]
    if len(found) != 1:
        raise ConfigError(f"test pipeline: {len(found)} of {' or '.join(names)}; --views needs exactly one")
    return found[0]
