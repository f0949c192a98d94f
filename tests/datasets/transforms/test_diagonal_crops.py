import numpy as np
import pytest

from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS


def test_three_places_and_their_mirror_images():
    frames = [np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3), np.zeros((6, 9, 3), np.uint8)]
    results = TRANSFORMS.build(dict(type="DiagonalCrops", crop_size=4))({"imgs": frames})
    assert len(results["imgs"]) == 12
    assert results["img_shape"] == (4, 4)
    for number, (top, left) in enumerate([(0, 0), (1, 2), (2, 5)]):
        cut = frames[0][top : top + 4, left : left + 4]
        np.testing.assert_array_equal(results["imgs"][4 * number], cut)
        np.testing.assert_array_equal(results["imgs"][4 * number + 2], cut[:, ::-1])
        assert not results["imgs"][4 * number + 1].any()
    assert len(TRANSFORMS.build(dict(type="DiagonalCrops", crop_size=4, flip=False))({"imgs": frames})["imgs"]) == 6


def test_frames_that_are_too_small():
    with pytest.raises(ConfigError, match=r"crop_size=7; accepted: at most the frames' short side, 6 x 9"):
        TRANSFORMS.build(dict(type="DiagonalCrops", crop_size=7))({"imgs": [np.zeros((6, 9, 3), np.uint8)]})
