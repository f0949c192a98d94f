import argparse
import json
import sys

import cv2
import numpy as np
import pytest
import torch

from benchmarks import infer, kd_cost, kd_step, load, pairs, train_step, worker_batches
from benchmarks.roofline import place_under_roof
from mmxkd.errors import DataError

OPTIONS = dict(device="cpu", dtype="fp32", channels_last=False, compile=False, threads=1, rounds=1, batch=1)


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
@pytest.mark.parametrize("make", [pairs.make_step, pairs.make_prediction])
def test_both_sides_give_the_same(monkeypatch, dtype, make):
    monkeypatch.setattr(pairs, "peak_memory_mb", lambda *args, device: 2.0)
    args = argparse.Namespace(**{**OPTIONS, "dtype": dtype, "channels_last": True}, size=32, frames=2, reference_dtype=None)
    result = pairs.measure(make, "nano", args)
    assert result["max_logit_difference"] < (1e-5 if dtype == "fp32" else 0.1)
    assert result["speed_up"]["median"] > 0
    assert result["memory_ratio"] == 1.0


@pytest.mark.parametrize("script", [train_step, infer])
def test_reports_and_what_limits(monkeypatch, tmp_path, script):
    monkeypatch.setattr(pairs, "peak_memory_mb", lambda *args, device: 2.0)
    options = ["--models", "nano", "--size", "32", "--frames", "2", "--rounds", "1", "--profile", "--out"]
    monkeypatch.setattr(sys, "argv", ["x", *options, str(tmp_path / "x.json")])
    script.main()
    written = json.loads((tmp_path / "x.json").read_text())
    roof = written["results"][0]["roof"]
    assert 0 < roof["share_of_peak_flops"] < 1
    assert roof["bytes"] > 4 * 22e6  # the weights at least are read
    assert "aten::" in (tmp_path / "x_nano_ours_cpu.txt").read_text()


def test_counting_sees_work_and_traffic():
    square = torch.ones(64, 64)
    roof = place_under_roof(lambda: square @ square, 1.0, {"flops_per_second": 1e6, "bytes_per_second": 1e6})
    assert roof["flops"] == 2 * 64**3
    assert roof["bytes"] == 3 * 4 * 64**2
    assert roof["limit"] == "arithmetic"


def test_kd_cost_stored_is_cheaper_and_learns_the_same(monkeypatch):
    monkeypatch.setattr(kd_cost, "peak_memory_mb", lambda *args, device: 10.0)
    args = argparse.Namespace(rounds=3, curve=3, groups=2, epochs=2, threads=1, dtype="fp32", workers=0)
    summary, results = kd_cost.run(args)
    assert summary["stored_over_plain"] < summary["online_over_plain"]
    assert summary["stored_memory_over_plain"] < summary["online_memory_over_plain"]
    assert summary["same_losses"]
    losses = {store: found["max_relative_difference"] for store, found in results["losses"].items()}
    assert losses["fp32"] <= losses["fp16"] < 1e-4 < losses["fp16, top 3"] < 0.1
    assert {store: told["rows"] for store, told in results["stores"].items()} == dict.fromkeys(kd_cost.STORES, 96)


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


def test_batches_in_one_piece_arrive_sooner():
    result = worker_batches.measure("texts", rounds=5, pause=0.05)
    assert result["one_piece_over_tensor_by_tensor"]["median"] < 0.5
