"""Frame indices: recorded cases of the published code, and rules that can be checked by hand."""

import json

import numpy as np
import pytest

from mmxkd.datasets.transforms.sampling import SampleFrames, sample_segments
from mmxkd.errors import ConfigError


def test_recorded_cases(shared):
    folder = shared / "reference" / "dvfl"
    case = json.loads((folder / "sampling.json").read_text())
    recorded = np.load(folder / "sampling.npz")
    assert len(case["rows"]) == 171
    for row in case["rows"]:
        setting = dict(case["settings"][row["setting"]])
        views = setting.pop("multiview", 1)
        rng = None if row["numpy_seed"] is None else np.random.RandomState(row["numpy_seed"])
        inds = sample_segments(row["total_frames"], **setting, views=views, rng=rng)
        assert inds.tolist() == recorded[row["key"]].tolist(), row["key"]


@pytest.mark.parametrize(
    ("total_frames", "kwargs", "expected"),
    [
        (35, {"num_clips": 8}, [2, 6, 10, 14, 18, 22, 26, 30]),
        (1, {"num_clips": 4}, [0, 0, 0, 0]),
        (3, {"num_clips": 4}, [0, 0, 0, 0]),
        (11, {"num_clips": 2, "views": 2}, [1, 5, 3, 7]),
        (11, {"num_clips": 2, "twice_sample": True}, [2, 6, 0, 4]),
        (8, {"num_clips": 1, "clip_len": 3, "frame_interval": 2}, [1, 3, 5]),
        (4, {"num_clips": 1, "clip_len": 4, "frame_interval": 2}, [0, 2, 0, 2]),
        (5, {"num_clips": 1, "clip_len": 4, "frame_interval": 2, "out_of_bound_opt": "repeat_last"}, [0, 2, 4, 4]),
    ],
)
def test_fixed_places(total_frames, kwargs, expected):
    assert sample_segments(total_frames, test_mode=True, **kwargs).tolist() == expected


def test_draws_stay_in_their_segments():
    rng = np.random.RandomState(0)
    inds = np.stack([sample_segments(83, num_clips=8, rng=rng) for _ in range(200)])
    segments = inds - np.arange(8) * 10
    assert segments.min() == 0
    assert segments.max() == 9
    assert len(np.unique(inds[:, 0])) == 10


@pytest.mark.parametrize("total_frames", [1, 2, 3, 5, 8, 9, 10, 40])
def test_draws_stay_in_the_video_and_in_order(total_frames):
    inds = sample_segments(total_frames, num_clips=8, rng=np.random.RandomState(0))
    assert inds.shape == (8,)
    assert inds.dtype == np.int64
    assert 0 <= inds.min() <= inds.max() < total_frames
    assert (np.diff(inds) >= 0).all()


def test_views_are_successive_draws():
    both = sample_segments(60, views=2, rng=np.random.RandomState(5))
    rng = np.random.RandomState(5)
    assert both.tolist() == [*sample_segments(60, rng=rng), *sample_segments(60, rng=rng)]


def test_transform_sets_its_keys():
    results = SampleFrames(num_clips=4, test_mode=True, views=3)({"total_frames": 50})
    assert results["frame_inds"].shape == (12,)
    assert (results["clip_len"], results["num_clips"], results["frame_interval"]) == (1, 12, 4)


def test_random_views_are_training_draws_without_interval():
    results = SampleFrames(num_clips=4, frame_interval=4, test_mode=True, views=2, random_views=True)(
        {"total_frames": 50, "rng": np.random.RandomState(3)}
    )
    assert (
        results["frame_inds"].tolist() == sample_segments(50, num_clips=4, frame_interval=1, views=2, rng=np.random.RandomState(3)).tolist()
    )
    assert results["frame_interval"] == 1


def test_twice_sample_keeps_the_shape_of_short_videos():
    transform = SampleFrames(num_clips=2, test_mode=True, twice_sample=True)
    assert transform({"total_frames": 2})["frame_inds"].tolist() == [0, 0, 0, 0]
    assert transform({"total_frames": 11})["frame_inds"].tolist() == [2, 6, 0, 4]


@pytest.mark.parametrize(
    "kwargs",
    [
        {"num_clips": 0},
        {"views": 0},
        {"out_of_bound_opt": "mirror"},
        {"twice_sample": True},
        {"twice_sample": True, "test_mode": True, "views": 2},
        {"random_views": True},
    ],
)
def test_refused_values(kwargs):
    with pytest.raises(ConfigError, match="SampleFrames"):
        SampleFrames(**kwargs)


def test_missing_generator_and_empty_video():
    with pytest.raises(ValueError, match="rng"):
        sample_segments(10)
    with pytest.raises(ValueError, match="total_frames=0"):
        sample_segments(0, test_mode=True)
