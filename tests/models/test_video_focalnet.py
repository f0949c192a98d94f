import pytest
import torch

from mmxkd.models.backbones.video_focalnet import VideoFocalNet

TINY = dict(img_size=32, embed_dim=4, depths=[1, 2], focal_levels=[2, 1], focal_windows=[3, 5], num_frames=4, drop_path_rate=0.0)


def test_output_keys_and_shapes():
    model = VideoFocalNet(**TINY)
    outputs = model(torch.randn(2, 3, 4, 32, 40), model.available())
    shapes = {key: tuple(value.shape) for key, value in outputs.items()}
    assert shapes["embed1"] == shapes["stage1"] == shapes["modulator/1"] == (2, 4, 4, 8, 10)
    assert shapes["stage2"] == shapes["modulator_temporal/2"] == (2, 8, 4, 4, 5)
    assert shapes["gates_spatial/1"] == (2, 3, 4, 8, 10)
    assert shapes["gates_temporal/2"] == (2, 2, 4, 4, 5)
    assert shapes["feat"] == (2, 8)
    assert set(outputs) == set(model.available())


def test_nothing_unasked_is_returned_and_unknown_is_an_error():
    model = VideoFocalNet(**TINY)
    assert set(model(torch.randn(1, 3, 4, 32, 32), ["feat"])) == {"feat"}
    with pytest.raises(KeyError, match="stage9"):
        model(torch.randn(1, 3, 4, 32, 32), ["stage9"])


def test_product_is_spatial_times_temporal_and_carries_gradients():
    model = VideoFocalNet(**TINY)
    outputs = model(torch.randn(1, 3, 4, 32, 32), ["modulator/2", "modulator_spatial/2", "modulator_temporal/2"])
    torch.testing.assert_close(outputs["modulator/2"], outputs["modulator_spatial/2"] * outputs["modulator_temporal/2"])
    outputs["modulator/2"].sum().backward()
    assert model.patch_embed.proj.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("frames", [1, 2, 8])
def test_other_lengths_than_trained_work(frames):
    assert VideoFocalNet(**TINY)(torch.randn(1, 3, frames, 32, 32))["feat"].shape == (1, 8)


def test_time_matters():
    torch.manual_seed(0)
    model = VideoFocalNet(**TINY).double().eval()
    clip = torch.randn(1, 3, 4, 32, 32, dtype=torch.float64)
    forward, backward = model(clip, ["stage2"])["stage2"], model(clip.flip(2), ["stage2"])["stage2"].flip(2)
    assert (forward - backward).abs().max() > 1e-7


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 3, 3, 32, 32), "multiple of 2 frames"), ((1, 3, 4, 3, 32), "at least 4x4"), ((1, 1, 4, 32, 32), r"\(N, 3, T, H, W\)")],
)
def test_impossible_inputs_say_what_is_needed(shape, message):
    with pytest.raises(ValueError, match=message):
        VideoFocalNet(**TINY, tubelet_size=2)(torch.randn(shape))


def test_impossible_options_are_errors():
    with pytest.raises(ValueError, match="odd"):
        VideoFocalNet(**{**TINY, "focal_windows": [4, 5]})
    with pytest.raises(ValueError, match="one entry per stage"):
        VideoFocalNet(**{**TINY, "depths": [1]})
    with pytest.raises(ValueError, match="use_conv_embed"):
        VideoFocalNet(**TINY, tubelet_size=2, use_conv_embed=True)
    with pytest.raises(ValueError, match="no multiple"):
        VideoFocalNet(**{**TINY, "num_frames": 5}, tubelet_size=2)
    with pytest.raises(TypeError, match="embed_dims"):
        VideoFocalNet(embed_dims=3)


def test_drop_path_masks_whole_frames():
    from mmxkd.models.layers.drop_path import DropPath

    torch.manual_seed(0)
    out = DropPath(0.5).train()(torch.ones(8, 8, 2, 2, 3))
    per_frame = out.flatten(2)
    assert set(per_frame.unique().tolist()) == {0.0, 2.0}
    assert (per_frame.std(-1) == 0).all()
    assert 20 <= (per_frame[..., 0] > 0).sum() <= 44


def test_temporal_identity_starts_as_the_image_network():
    model = VideoFocalNet(**TINY, temporal_identity=True)
    temporal = model(torch.randn(1, 3, 4, 32, 32), ["modulator_temporal/1"])["modulator_temporal/1"]
    assert (temporal - 1).abs().max() < 0.2


def test_checkpointing_changes_nothing_but_memory():
    torch.manual_seed(0)
    plain, lean = VideoFocalNet(**TINY), VideoFocalNet(**TINY, use_checkpoint=True)
    lean.load_state_dict(plain.state_dict())
    clip = torch.randn(1, 3, 4, 32, 32)
    for model in (plain, lean):
        model.train()(clip)["feat"].sum().backward()
    torch.testing.assert_close(lean.patch_embed.proj.weight.grad, plain.patch_embed.proj.weight.grad, rtol=0, atol=0)


def test_deepcopy_after_a_training_step():
    import copy

    model = VideoFocalNet(**TINY)
    model(torch.randn(1, 3, 4, 32, 32), ["feat", "modulator/1"])["feat"].sum().backward()
    copy.deepcopy(model)


def test_inference_in_parts_changes_nothing(monkeypatch):
    torch.manual_seed(0)
    model, clip = VideoFocalNet(**TINY).double().eval(), torch.randn(2, 3, 4, 32, 32, dtype=torch.float64)
    whole = model(clip)["feat"]
    monkeypatch.setattr("mmxkd.models.backbones.video_focalnet._CACHED_VALUES", 1000)
    with torch.no_grad():
        torch.testing.assert_close(model(clip)["feat"], whole)
