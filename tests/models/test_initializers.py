import pytest
import torch

from mmxkd.errors import DataError
from mmxkd.models.initializers import inflate, load_pretrained
from mmxkd.registry import MODELS


def recognizer(classes=3, depths=(1, 1), tubelet=1):
    backbone = dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=depths, focal_levels=[1, 1], focal_windows=[3, 3])
    backbone.update(num_frames=4, tubelet_size=tubelet)
    return MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=dict(type="LinearHead", num_classes=classes, in_features=8)))


def image_weights(depths=(1, 2)):
    state = recognizer(depths=depths).state_dict()
    return {key: torch.randn_like(value) for key, value in state.items() if "temporal" not in key and not key.startswith("head.")}


def test_image_weights_leave_the_temporal_branch_and_drop_surplus_blocks():
    model, state = recognizer(), image_weights()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    report = load_pretrained(model, state, reset_head=True)
    assert all("temporal" in key or key.startswith("head.") for key in report.missing)
    assert report.dropped
    assert all(key.startswith("backbone.layers.1.blocks.1.") for key in report.dropped)
    for key in report.copied:
        assert torch.equal(model.state_dict()[key], state[key])
    for key in report.missing:
        assert torch.equal(model.state_dict()[key], before[key])


def test_patch_embedding_is_inflated_for_tubelets():
    model, state = recognizer(tubelet=2), image_weights()
    load_pretrained(model, state, reset_head=True)
    flat = state["backbone.patch_embed.proj.weight"]
    weight = model.backbone.patch_embed.proj.weight
    assert weight.shape == (4, 3, 2, 4, 4)
    torch.testing.assert_close(weight.sum(2), flat)
    torch.testing.assert_close(inflate(flat, 2)[:, :, 0], flat / 2)


def test_a_head_of_other_classes_is_an_error_unless_reset():
    state = recognizer(classes=5).state_dict()
    with pytest.raises(DataError, match="reset_head"):
        load_pretrained(recognizer(classes=3), state)
    report = load_pretrained(recognizer(classes=3), state, reset_head=True)
    assert sorted(report.missing) == ["head.fc.bias", "head.fc.weight"]


def test_a_video_checkpoint_must_fit():
    state = recognizer().state_dict()
    del state["backbone.norm.weight"]
    with pytest.raises(DataError, match=r"backbone\.norm\.weight: not in the file"):
        load_pretrained(recognizer(), state)
    with pytest.raises(DataError, match=r"blocks\.1\.[\w.]+: not in the model"):
        load_pretrained(recognizer(), recognizer(depths=(1, 2)).state_dict())
