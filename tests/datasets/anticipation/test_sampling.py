import numpy as np
import pytest

from mmxkd.datasets.anticipation.sampling import Timeline, frames_between, sample_clip
from mmxkd.datasets.anticipation.segments import Segment
from mmxkd.errors import ConfigError


def test_frames_between():
    assert frames_between(0.0, 0.1, 30).tolist() == [1, 2, 3]
    assert frames_between(-0.1, 0.1, 30).tolist() == [1, 1, 1, 1, 2, 3]
    assert frames_between(0.0, 0.01, 30).tolist() == [1]


def test_the_last_clip_counts_from_the_end():
    clip = sample_clip(0.0, 10.0, 30, 3, 1.0)
    assert clip.ids.tolist() == [240, 270, 300]
    np.testing.assert_allclose(clip.times, [8.0, 9.0, 10.0], atol=0.05)
    assert sample_clip(-5.0, 2.0, 30, 4, 1.0).ids.tolist() == [30, 30, 30, 60]


def test_other_strategies():
    assert sample_clip(0.0, 10.0, 30, 3, 1.0, "first_clip").ids.tolist() == [1, 31, 61]
    assert sample_clip(0.0, 10.0, 30, 3, 1.0, "center_clip").ids.tolist() == [106, 136, 166]
    assert sample_clip(0.0, 1.5, 30, 3, 1.0, "first_clip").ids.tolist() == [1, 31, 31]
    draws = {sample_clip(0.0, 10.0, 30, 3, 1.0, "random_clip", np.random.RandomState(seed)).ids[0] for seed in range(20)}
    assert len(draws) > 10
    assert min(draws) >= 1
    assert max(draws) <= 211
    with pytest.raises(ConfigError, match="strategy='last'"):
        sample_clip(0.0, 1.0, 30, 3, 1.0, "last")


def test_past_labels():
    def row(start, stop, action):
        return Segment(str(action), "v", start, stop, 10 + action, 20 + action, action)

    line = Timeline([row(0, 4, 0), row(10, 40, 1), row(10, 16, 2)])
    times = np.array([1.0, 5.0, 13.0, 17.0, 40.0])
    assert line.find(times).tolist() == [0, -1, 2, 1, 1]
    # |13 - 15| < |13 - 3|: the published rule forgets where a segment lies.
    assert line.find(times, "published").tolist() == [0, -1, 1, 1, 1]
    assert line.verbs[line.find(times)[:1]].tolist() == [10]
    assert Timeline([]).find(times).tolist() == [-1] * 5
    with pytest.raises(ConfigError, match="past_labels='mode'"):
        line.find(times, "mode")
