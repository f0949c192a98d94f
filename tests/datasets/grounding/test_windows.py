"""Windows on the grid and their widening."""

import random

import numpy as np
import pytest

from mmxkd.datasets.grounding.windows import jitter_window, jitter_windows, to_grid, window_fault


def test_grid_units_have_no_offset():
    grid = to_grid([(0.0, 16.043 / 30)], 30, 16.043)
    assert grid.dtype == np.float64
    np.testing.assert_allclose(grid, [[0.0, 1.0]], rtol=1e-12)
    assert to_grid((), 30, 16.043).shape == (0, 2)


@pytest.mark.parametrize(("scale", "shift", "expected"), [(1, 0.7, (4, 6)), (3, 1, (0, 6)), (3, -1, (4, 10)), (3, 0, (2, 8))])
def test_widened_windows(scale, shift, expected):
    assert jitter_window((4.0, 6.0), scale, shift) == pytest.approx(expected)


def test_a_widened_window_contains_the_old_one_and_may_be_clipped():
    rng, scales = np.random.RandomState(0), set()
    for _ in range(300):
        ((start, end),) = jitter_windows([(4.0, 6.0)], rng)
        assert start <= 4 + 1e-9
        assert end >= 6 - 1e-9
        scales.add(round((end - start) / 2))
        ((start, end),) = jitter_windows([(4.0, 6.0)], rng, clip_to=9.0)
        assert 0 <= start <= 4 + 1e-9 <= 6 - 1e-9 <= end <= 9
    assert scales == set(range(1, 11))


def test_pythons_stream_is_drawn_as_published():
    random.seed(3)
    scale, shift = random.randint(1, 10), random.uniform(-1, 1)
    assert jitter_windows([(4.0, 6.0)], random.Random(3)) == [jitter_window((4.0, 6.0), scale, shift)]


@pytest.mark.parametrize(
    ("window", "fault"),
    [
        ((1, 2), None),
        ((-1, 2), None),
        ((9, 12), None),
        ((2, 2), "no length"),
        ((3, 2), "no length"),
        ((10, 12), "outside"),
        ((-2, 0), "outside"),
    ],
)
def test_unusable_windows(window, fault):
    found = window_fault(window, 10.0)
    assert found is None if fault is None else fault in found
