"""Small videos whose frames tell their own number."""

from pathlib import Path

import numpy as np
import pytest

BITS = 8


def numbered_frame(number: int, height: int, width: int) -> np.ndarray:
    """Return an (H, W, 3) image with the frame number as eight dark or bright bars."""
    bars = [220 if number >> bit & 1 else 30 for bit in range(BITS)]
    row = np.repeat(np.array(bars, np.uint8), width // BITS)
    return np.broadcast_to(row[None, :, None], (height, width, 3))


def read_number(frame: np.ndarray) -> int:
    """Return the number an image shows, whatever compression did to it."""
    width = frame.shape[1] // BITS
    return sum(int(frame[:, bit * width + 3 : (bit + 1) * width - 3].mean() > 125) << bit for bit in range(BITS))


def write_video(
    path: Path, frames: int = 24, codec: str = "libx264", b_frames: int = 0, gop: int = 12, height: int = 64, width: int = 96
) -> Path:
    """Write a video of numbered frames, 25 a second."""
    av = pytest.importorskip("av")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = gop, b_frames
        stream.codec_context.bit_rate = 1_000_000
        for number in range(frames):
            image = np.ascontiguousarray(numbered_frame(number, height, width))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_audio(path: Path) -> Path:
    """Write an mp4 that holds half a second of silence and nothing else."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def damage(path: Path, share: float = 0.5, count: int = 200) -> Path:
    """Overwrite bytes in the middle of a file with noise."""
    data = bytearray(path.read_bytes())
    start = int(len(data) * share)
    data[start : start + count] = np.random.RandomState(0).bytes(count)
    path.write_bytes(bytes(data))
    return path


@pytest.fixture(scope="session")
def films():
    """The functions above, for test modules."""

    class Films:
        write = staticmethod(write_video)
        write_audio = staticmethod(write_audio)
        damage = staticmethod(damage)
        number = staticmethod(read_number)

    return Films
