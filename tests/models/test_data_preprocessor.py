"""Stacking, normalising, mixing only in training."""

import subprocess
import sys

import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.models.data_preprocessor import VideoDataPreprocessor
from mmxkd.structures import DataSample

MEAN, STD = [10.0, 20.0, 30.0], [1.0, 2.0, 4.0]


def batch_of(count=2, shapes=None):
    samples = []
    for number in range(count):
        sample = DataSample(metainfo={"uid": f"v{number}", "seed": 0, "epoch": 0, "position": number})
        sample.gt_label = torch.tensor(number)
        samples.append(sample)
    shapes = shapes or [(1, 3, 2, 4, 4)] * count
    return {"inputs": [torch.full(shape, 50 + n, dtype=torch.uint8) for n, shape in enumerate(shapes)], "data_samples": samples}


def test_normalises_per_channel():
    data = batch_of()
    clips = [clip.clone() for clip in data["inputs"]]
    out = VideoDataPreprocessor(MEAN, STD)(data)
    assert out["inputs"].shape == (2, 1, 3, 2, 4, 4)
    assert out["inputs"].dtype == torch.float32
    assert out["inputs"][0, 0, :, 0, 0, 0].tolist() == [40.0, 15.0, 5.0]
    assert out["inputs"][1, 0, :, 1, 3, 3].tolist() == [41.0, 15.5, 5.25]
    assert all(torch.equal(now, then) for now, then in zip(data["inputs"], clips, strict=True))


def test_a_float_batch_is_not_written_to():
    batch = torch.ones(1, 1, 3, 2, 4, 4)
    VideoDataPreprocessor(MEAN, STD)({"inputs": batch})
    assert (batch == 1).all()


def test_stays_float_under_autocast():
    preprocess = VideoDataPreprocessor(MEAN, STD, mix=dict(type="MixupCutmix", num_classes=2, switch_prob=0.0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = preprocess(batch_of(), training=True)
    assert out["inputs"].dtype == torch.float32
    assert out["data_samples"][0].gt_score.dtype == torch.float32


def test_mixes_only_in_training():
    preprocess = VideoDataPreprocessor(MEAN, STD, mix=dict(type="MixupCutmix", num_classes=2))
    plain = VideoDataPreprocessor(MEAN, STD)(batch_of())
    tested = preprocess(batch_of())
    assert torch.equal(tested["inputs"], plain["inputs"])
    assert "gt_score" not in tested["data_samples"][0]
    trained = preprocess(batch_of(), training=True)
    assert trained["data_samples"][0].gt_score.shape == (2,)
    with pytest.raises(ValueError, match="data_samples"):
        preprocess({"inputs": torch.zeros(1, 1, 3, 2, 4, 4)}, training=True)


def test_different_shapes_name_the_videos():
    with pytest.raises(DataError, match=r"\(1, 3, 2, 4, 4\): v0, v2; \(1, 3, 2, 4, 6\): v1"):
        VideoDataPreprocessor(MEAN, STD)(batch_of(3, [(1, 3, 2, 4, 4), (1, 3, 2, 4, 6), (1, 3, 2, 4, 4)]))


def test_holds_no_state():
    assert VideoDataPreprocessor(MEAN, STD).state_dict() == {}


@pytest.mark.parametrize(("mean", "std"), [([1.0], [1.0, 2.0]), ([1.0], [0.0])])
def test_refused_values(mean, std):
    with pytest.raises(ConfigError, match="data_preprocessor"):
        VideoDataPreprocessor(mean, std)


def test_imports_without_mmaction():
    code = "import sys; sys.modules['mmaction'] = None; import mmxkd.models.data_preprocessor, mmxkd.models.mixing; print('fine')"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True).stdout.strip() == "fine"
