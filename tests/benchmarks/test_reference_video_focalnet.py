import torch

from benchmarks.reference_video_focalnet import ReferenceVideoFocalNet
from mmxkd.convert.dvfl import to_official_key
from mmxkd.registry import MODELS

SETTINGS = dict(embed_dim=8, depths=[1, 2], focal_levels=[2, 3], focal_windows=[3, 5], num_frames=4, drop_path_rate=0.0)


def test_same_weights_give_equal_logits_and_gradients():
    torch.manual_seed(0)
    backbone, head = dict(type="VideoFocalNet", **SETTINGS), dict(type="LinearHead", num_classes=5, in_features=16)
    ours = MODELS.build(dict(type="VideoRecognizer", backbone=backbone, head=head)).double()
    reference = ReferenceVideoFocalNet(5, **SETTINGS).double()
    reference.load_state_dict({to_official_key(key): value for key, value in ours.state_dict().items()})
    clips = torch.randn(2, 4, 3, 32, 48, dtype=torch.float64)
    weights = torch.randn(2, 5, dtype=torch.float64)
    mine, theirs = ours(clips.transpose(1, 2).unsqueeze(1)), reference(clips)
    torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)
    (mine * weights).sum().backward()
    (theirs * weights).sum().backward()
    gradients = {to_official_key(key): value.grad for key, value in ours.named_parameters()}
    assert gradients.keys() == dict(reference.named_parameters()).keys()
    for key, value in reference.named_parameters():
        assert value.grad.abs().max() > 0, key
        torch.testing.assert_close(gradients[key], value.grad, rtol=1e-8, atol=1e-12, msg=key)
