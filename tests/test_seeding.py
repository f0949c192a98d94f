"""Global random streams are lent to a block and come back as they were."""

import random

import numpy as np
import pytest

from mmxkd.seeding import kept_globals, seeded_globals


def draw() -> tuple[float, float]:
    return random.gauss(0, 1), np.random.standard_normal()


def test_blocks_draw_from_their_seed_and_leave_no_trace():
    random.seed(5)
    np.random.seed(5)
    expected = [draw() for _ in range(3)]
    random.seed(5)
    np.random.seed(5)
    found = [draw()]
    with kept_globals():
        with seeded_globals(1):
            first = draw()
        with seeded_globals(2):
            assert draw() != first
        with seeded_globals(1):
            assert draw() == first
    found.append(draw())
    with seeded_globals(1):
        assert draw() == first
    found.append(draw())
    assert found == expected


def test_streams_come_back_after_an_error_and_the_next_block_keeps_them_again():
    random.seed(5)
    expected = random.Random(5).random()
    with pytest.raises(ZeroDivisionError), kept_globals(), seeded_globals(1):
        raise ZeroDivisionError
    with seeded_globals(1):
        pass
    assert random.random() == expected
