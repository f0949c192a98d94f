import numpy as np
import pytest
import torch

from mmxkd.models.backbones.video_focalnet import VideoFocalNet
from mmxkd.visualization.modulators import channel_norm, colorize, maps_of_clip, modulator_keys, scale_per_image, upsample_map


def test_keys_of_every_kind_in_the_order_of_the_layers():
    available = {f"{name}/{i}" for name in ("modulator", "modulator_spatial", "modulator_temporal") for i in range(1, 12)} | {"feat"}
    keys = modulator_keys(available)
    assert list(keys) == ["spatial", "temporal", "product"]
    assert keys["spatial"][8:] == ["modulator_spatial/9", "modulator_spatial/10", "modulator_spatial/11"]
    assert keys["product"][0] == "modulator/1"
    assert modulator_keys({"logits", "feat"}, ["temporal"]) == {"temporal": []}


def test_norm_over_channels():
    modulator = torch.zeros(1, 2, 1, 1, 2)
    modulator[0, :, 0, 0, 0] = torch.tensor([3.0, 4.0])
    assert channel_norm(modulator).tolist() == [[[[5.0, 0.0]]]]


def test_a_map_of_a_tubelet_stands_for_its_frames():
    large = upsample_map(torch.tensor([[[0.0, 1.0]], [[2.0, 2.0]]]), (2, 4), 4)
    assert large.shape == (4, 2, 4)
    assert large[0].tolist() == large[1].tolist() == [[0.0, 0.25, 0.75, 1.0]] * 2
    assert large[3].unique().tolist() == [2.0]
    with pytest.raises(ValueError, match="2 maps cannot be shared by 3 frames"):
        upsample_map(torch.zeros(2, 1, 1), (2, 2), 3)


def test_every_image_is_stretched_by_itself_and_noise_is_not_shown():
    maps = np.array([[[1.0, 3.0, 2.0]], [[10.0, 20.0, 30.0]], [[5.0, 5.0 + 1e-6, 5.0]]], np.float32)
    assert scale_per_image(maps).tolist() == [[[0.0, 1.0, 0.5]], [[0.0, 0.5, 1.0]], [[0.0, 0.0, 0.0]]]


def test_colours_are_rgb():
    low, high = colorize(np.array([[0.0, 1.0]], np.float32))[0]
    assert low[2] > low[1]  # viridis begins in violet
    assert high[0] > 200 > 100 > high[2]  # and ends in yellow


def test_maps_follow_the_largest_modulator():
    torch.manual_seed(0)
    model = VideoFocalNet(img_size=32, embed_dim=4, depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3], num_frames=4, tubelet_size=2)
    keys = modulator_keys(model.available())["product"]
    outputs = model.eval()(torch.randn(1, 3, 4, 32, 32), keys)
    assert set(outputs) == {"modulator/1", "modulator/2"}
    first, second = maps_of_clip(outputs, keys, (32, 32), 4)
    assert first.shape == second.shape == (4, 32, 32)
    assert (first[0] == first[1]).all()
    norm = outputs["modulator/1"].norm(dim=1)[0, 1]
    row, column = divmod(int(norm.argmax()), 8)
    assert first[2, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4].max() > 0.9  # bilinear: a neighbour may peak
