"""Frames -> file: the one encoder of the puppet worlds."""

from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

ENCODER: Final = "mpeg4"
"""FFmpeg's own MPEG-4 Part 2 encoder: part of every build of the library, deterministic, and written without B-frames."""

_QUANTISER = 3


def encoder_versions() -> dict[str, str]:
    """Name the encoder and the versions of the libraries behind it; other versions may write other bytes."""
    version = {name: ".".join(map(str, av.library_versions[name])) for name in ("libavcodec", "libavformat", "libswscale")}
    return {"name": ENCODER, "quantiser": str(_QUANTISER), "pyav": av.__version__, **version}


def write_video(path: Path, frames: np.ndarray, fps: int) -> None:
    """Encode ``frames`` (T, H, W, 3) uint8 RGB to an MP4 file, whole or not at all.

    One thread, no time stamps and FFmpeg's bit-exact paths, so that the same frames give the same bytes.

    Raises:
        ValueError: height or width is not a multiple of 32 (decord 0.6 cannot read the padded rows of some others).
    """
    height, width = frames.shape[1:3]
    if height % 32 or width % 32:
        raise ValueError(f"height and width must be multiples of 32, got {height} and {width}")
    partial = path.with_suffix(".partial")
    with av.open(str(partial), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        # A range of one value switches rate control off: every clip has the same quality, whatever its length.
        options = {"flags": "+bitexact", "qmin": str(_QUANTISER), "qmax": str(_QUANTISER), "bf": "0"}
        stream = container.add_stream(ENCODER, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.thread_count = 1
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    partial.replace(path)
