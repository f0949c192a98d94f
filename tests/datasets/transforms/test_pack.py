"""Views, axes and fields of the packed sample."""

import numpy as np
import pytest
import torch

from mmxkd.datasets.transforms.pack import PackVideo, pack_sample
from mmxkd.errors import ConfigError

RESULTS = {"label": 3, "uid": "a/b.mp4", "index": 4, "epoch": 1, "position": 9, "seed": 0}


def test_axes_and_view_order():
    imgs = [np.random.RandomState(i).randint(0, 256, size=(5, 7, 3)).astype(np.uint8) for i in range(6)]
    packed = PackVideo(num_frames=2)({**RESULTS, "imgs": [np.pad(img, ((0, 0), (1, 1), (0, 0)))[:, 1:-1] for img in imgs]})
    inputs = packed["inputs"]
    assert inputs.shape == (3, 3, 2, 5, 7)
    assert inputs.dtype == torch.uint8
    for view in range(3):
        for frame in range(2):
            assert np.array_equal(inputs[view, :, frame].numpy(), imgs[view * 2 + frame].transpose(2, 0, 1))


def test_fields():
    sample = pack_sample({**RESULTS, "broken": ["x.mp4"]})
    assert sample.gt_label.dtype == torch.int64
    assert sample.gt_label.item() == 3
    assert sample.gt_label.ndim == 0
    assert sample.metainfo == {"uid": "a/b.mp4", "index": 4, "epoch": 1, "position": 9, "seed": 0, "broken": ["x.mp4"]}


def test_unlabelled():
    sample = pack_sample({"uid": "a"})
    assert sample.gt_label.item() == -1
    assert sample.broken == []


@pytest.mark.parametrize("count", [0, 5])
def test_images_must_make_whole_views(count):
    with pytest.raises(ConfigError, match=f"num_frames=4 .* {count} images"):
        PackVideo(num_frames=4)({"imgs": [np.zeros((2, 2, 3), dtype=np.uint8)] * count})


def test_images_must_have_one_shape():
    with pytest.raises(ConfigError, match="differ in shape"):
        PackVideo(num_frames=2)({"imgs": [np.zeros((2, 2, 3), dtype=np.uint8), np.zeros((2, 3, 3), dtype=np.uint8)]})
