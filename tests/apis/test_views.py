import pytest

from mmxkd.apis.views import parse_views, set_views
from mmxkd.errors import ConfigError

PIPELINE = [
    dict(type="OpenVideo"),
    dict(type="SampleFrames", num_clips=8, test_mode=True),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 256)),
    dict(type="mmaction.CenterCrop", crop_size=224),
    dict(type="PackVideo", num_frames=8),
]


def test_parse():
    assert parse_views("4x3") == (4, 3)
    assert parse_views("10x1") == (10, 1)
    for text in ("4", "0x1", "4x2", "x3", "4x3x1"):
        with pytest.raises(ConfigError, match="accepted: CLIPSxCROPS"):
            parse_views(text)


def test_many_views_and_back():
    views = set_views(PIPELINE, 4, 3)
    assert views[1] == dict(type="SampleFrames", num_clips=8, test_mode=True, views=4)
    assert views[3] == dict(type="mmaction.Resize", scale=(-1, 224))
    assert views[4] == dict(type="mmaction.ThreeCrop", crop_size=224)
    assert PIPELINE[1] == dict(type="SampleFrames", num_clips=8, test_mode=True)
    back = set_views(views, 1, 1)
    assert back[3:5] == PIPELINE[3:5]
    assert set_views([*PIPELINE[:4], dict(type="CenterCrop", crop_size=112)], 2, 1)[3]["scale"] == (-1, 128)


def test_pipelines_that_cannot_be_changed():
    with pytest.raises(ConfigError, match="0 of CenterCrop or ThreeCrop; --views needs exactly one"):
        set_views(PIPELINE[:4], 4, 3)
    with pytest.raises(ConfigError, match="2 of SampleFrames"):
        set_views([*PIPELINE, PIPELINE[1]], 4, 3)
