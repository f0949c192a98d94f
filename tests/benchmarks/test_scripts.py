import argparse

import cv2
import numpy as np
import pytest

from benchmarks import forward_backward, kd_step, load
from mmxkd.errors import DataError

OPTIONS = dict(device="cpu", dtype="fp32", channels_last=False, compile=False, threads=1, rounds=1, batch=1)


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_forward_backward(monkeypatch, dtype):
    monkeypatch.setattr(forward_backward, "peak_memory_mb", lambda *args, device: 2.0)
    args = argparse.Namespace(**{**OPTIONS, "dtype": dtype, "channels_last": True}, size=32, frames=2)
    for mode in forward_backward.MODES:
        result = forward_backward.measure("nano", mode, args)
        assert result["max_logit_difference"] < (1e-5 if dtype == "fp32" else 0.1)
        assert result["ratio"]["median"] > 0
        assert result["memory_ratio"] == 1.0


def test_kd_step_tells_the_teachers_share(monkeypatch):
    monkeypatch.setattr(kd_step, "peak_memory_mb", lambda *args, device: 2.0)
    result = kd_step.measure("puppet", argparse.Namespace(**{**OPTIONS, "batch": 4, "rounds": 3}, size=None))
    assert result["clips"] == (4, 3, 8, 56, 56)
    assert 0 < result["teacher_share_of_step"]["median"] < 1
    assert result["step_ratio"]["median"] > 1


def test_load_compares_pipelines_on_the_same_files(tmp_path):
    (tmp_path / "wave").mkdir()
    writer = cv2.VideoWriter(str(tmp_path / "wave" / "a.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25, (96, 64))
    for number in range(40):
        writer.write(np.full((64, 96, 3), 5 * number, dtype=np.uint8))
    writer.release()
    result = load.measure(tmp_path, limit=5, rounds=1)
    assert result["videos"] == 1
    assert set(result["clips_per_second"]) == {"ours", "stock", "ours_with_colour"}
    assert min(result["clips_per_second"].values()) > 0


def test_load_of_an_empty_folder_says_so(tmp_path):
    with pytest.raises(DataError, match="no video below"):
        load.find_videos(tmp_path, 5)
