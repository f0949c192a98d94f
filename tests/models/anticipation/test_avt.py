import pytest
import torch

from mmxkd.errors import ConfigError
from mmxkd.models.anticipation.losses import feature_loss, label_loss
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

PREDICTOR = dict(num_layers=2, num_heads=2, hidden_size=8, max_positions=16, dropout=0.0)


def build(predictor=None, **options):
    torch.manual_seed(0)
    arguments = dict(
        backbone=dict(type="IdentityBackbone", in_channels=6, num_frames=4),
        future_predictor={**PREDICTOR, **(predictor or {})},
        num_classes=dict(action=5),
        backbone_dim=6,
        dropout=0.0,
    )
    model = MODELS.build(dict(type="AVT", **{**arguments, **options}))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def sample(label, past=None, **more):
    fields = {"gt_label": torch.tensor(label), **{key: torch.tensor(value) for key, value in more.items()}}
    if past is not None:
        fields["past_labels"] = torch.tensor(past)
    return DataSample(metainfo={"uid": str(label)}, **fields)


@pytest.fixture
def video():
    return torch.randn(2, 1, 6, 4, 1, 1, generator=torch.Generator().manual_seed(1))


def test_keys_and_shapes(video):
    model = build(num_classes=dict(action=5, verb=3), feature_dim=7)
    outputs = model.extract(video, None, model.available())
    assert {key: tuple(value.shape) for key, value in outputs.items()} == {
        "logits": (2, 5),
        "logits/verb": (2, 3),
        "past_logits": (2, 4, 5),
        "past_logits/verb": (2, 4, 3),
        "feat": (2, 7),
        "frame_feat": (2, 4, 7),
        "past_feat": (2, 4, 7),
        "predicted_feat": (2, 4, 7),
    }
    assert model.num_classes == 5
    assert model(video).shape == (2, 5)
    with pytest.raises(KeyError, match="stage1"):
        model.extract(video, None, {"stage1"})


def test_the_future_is_not_seen(video):
    model = build().eval()
    later = video.clone()
    later[:, :, :, 3] += 1
    before, after = (model.extract(x, None, {"predicted_feat", "past_feat"}) for x in (video, later))
    torch.testing.assert_close(before["predicted_feat"][:, :3], after["predicted_feat"][:, :3])
    assert not torch.allclose(before["predicted_feat"][:, 3], after["predicted_feat"][:, 3])
    torch.testing.assert_close(before["past_feat"], after["past_feat"])


def test_roll_out_with_a_cache_is_that_without(video):
    """One pass over all hidden states fed back gives what the cached steps give."""
    model = build(dict(output_len=3)).eval()
    predictor, steps = model.future_predictor, video[:, 0, :, :, 0, 0].transpose(1, 2)
    hidden, fed = [], predictor.encoder(steps)
    for _ in range(3):
        states = predictor.gpt_model(inputs_embeds=fed, use_cache=False).last_hidden_state
        hidden = states if not len(hidden) else torch.cat([hidden, states[:, -1:]], 1)
        fed = torch.cat([fed, states[:, -1:]], 1)
    torch.testing.assert_close(predictor(steps), predictor.decoder(hidden))


def test_length_in_testing_and_averages(video):
    model = build(dict(output_len=1, output_len_eval=3), avg_last_n=2)
    assert model.train().extract(video, None, {"predicted_feat"})["predicted_feat"].shape[1] == 4
    outputs = model.eval().extract(video, None, {"predicted_feat", "feat"})
    assert outputs["predicted_feat"].shape[1] == 6
    torch.testing.assert_close(outputs["feat"], outputs["predicted_feat"][:, -2:].mean(1))
    # With one step ahead the last two are the last frame and what follows it, unless only the outputs count.
    outputs = build(avg_last_n=2).extract(video, None, {"predicted_feat", "frame_feat", "feat"})
    expected = (outputs["frame_feat"][:, -1] + outputs["predicted_feat"][:, -1]) / 2
    torch.testing.assert_close(outputs["feat"], expected)
    outputs = build(avg_last_n=2, return_past_too=False).extract(video, None, {"predicted_feat", "feat"})
    torch.testing.assert_close(outputs["feat"], outputs["predicted_feat"][:, -1])


def test_clips_are_time_steps_and_crops_are_averaged(video):
    single, several = build(), build(num_clips=4)
    clips = video.transpose(1, 3)
    torch.testing.assert_close(single(video), several(clips))
    other = torch.randn_like(clips)
    mean = (several(clips) + several(other)) / 2
    torch.testing.assert_close(several(torch.cat([clips, other], 1)), mean)
    with pytest.raises(ValueError, match=r"crops \* 4 clips"):
        several(clips[:, :3])
    assert several.example_inputs().shape == (1, 4, 6, 4, 1, 1)


def test_losses_and_their_weights(video):
    samples = [sample(0, [1, -1, -1, 2]), sample(3, [-1, -1, -1, 0])]
    weights = dict(past_cls_action=0.5, feat=2.0)
    losses = {}
    for mean in ("labelled", "all"):
        model = build(loss_weights=weights, label_mean=mean)
        losses[mean] = model(video, samples, mode="loss")
    assert set(losses["all"]) == {"loss_cls_action", "loss_past_cls_action", "loss_feat"}
    # 3 of 8 past entries are labelled.
    torch.testing.assert_close(losses["all"]["loss_past_cls_action"], losses["labelled"]["loss_past_cls_action"] * 3 / 8)
    outputs = model.extract(video, samples, model.available())
    x, y = outputs["frame_feat"], outputs["predicted_feat"]
    torch.testing.assert_close(losses["all"]["loss_feat"], 2 * (y[:, :3] - x[:, 1:]).square().mean())
    with pytest.raises(ValueError, match="sample '0' has no 'past_labels'"):
        model(video, [sample(0), sample(3)], mode="loss")
    with pytest.raises(ValueError, match=r"past_labels of shape \(3,\) for 4 time steps"):
        model(video, [sample(0, [1, 1, 1]), sample(3, [1, 1, 1])], mode="loss")
    only_classes = build(loss_weights=dict(feat=0.0))
    assert set(only_classes(video, samples, mode="loss")) == {"loss_cls_action"}
    assert only_classes.loss_keys == {"logits"}


def test_edges_of_the_pure_losses():
    logits, nothing = torch.randn(2, 3, requires_grad=True), torch.tensor([-1, -1])
    loss = label_loss(logits, nothing)
    loss.backward()
    assert loss == 0
    assert (logits.grad == 0).all()
    steps = torch.randn(1, 1, 2)
    assert feature_loss(steps, steps) == 0


def test_the_target_of_the_features_may_be_detached(video):
    for detached in (False, True):
        model = build(detach_feature_target=detached, loss_weights=dict(cls_action=0.0))
        model.backbone.register_parameter("scale", torch.nn.Parameter(torch.ones(())))
        model.backbone.forward = lambda x, model=model: x * model.backbone.scale
        with torch.no_grad():
            # Nothing flows from what is foretold back to the frames: what is left is the way through the target.
            model.future_predictor.encoder.weight.zero_()
        model(video, [sample(0), sample(1)], mode="loss")["loss_feat"].backward()
        assert bool(model.backbone.scale.grad == 0) is detached


def test_verbs_from_actions(video):
    maps = dict(verb=[0, 0, 1, 1, 2])
    model = build(num_classes=dict(action=5, verb=3), class_maps=maps, use_cls_mappings=True).eval()
    outputs = model.extract(video, None, {"logits", "logits/verb", "past_logits/verb"})
    action = outputs["logits"]
    torch.testing.assert_close(outputs["logits/verb"], torch.stack([action[:, :2].sum(1), action[:, 2:4].sum(1), action[:, 4]], 1))
    assert outputs["past_logits/verb"].shape == (2, 4, 3)
    assert list(model.classifiers) == ["action"]
    assert not [key for key in model.state_dict() if "cls_map" in key]
    with pytest.raises(ConfigError, match=r"class_maps\['verb'\]: 4 entries from 0 to 1; expected one per action \(5\)"):
        build(class_maps=dict(verb=[0, 0, 1, 1]))
    with pytest.raises(ConfigError, match=r"tells of \[\], num_classes needs \['verb'\]"):
        build(num_classes=dict(action=5, verb=3), use_cls_mappings=True)


def test_weights_start_as_published():
    model = MODELS.build(
        dict(
            type="AVT",
            backbone=dict(type="IdentityBackbone", in_channels=64),
            future_predictor=dict(num_layers=1, num_heads=2, hidden_size=64),
            num_classes=dict(action=50),
            backbone_dim=64,
        )
    )
    assert abs(model.classifiers["action"].weight.std() - 0.01) < 5e-4
    assert abs(model.future_predictor.encoder.weight.std() - 0.01) < 5e-4
    assert abs(model.future_predictor.gpt_model.h[0].attn.c_attn.weight.std() - 0.02) < 1e-3
    assert (model.classifiers["action"].bias == 0).all()


def test_prediction_is_a_softmax(video):
    with torch.no_grad():
        samples = build().eval()(video, [sample(0), sample(1)], mode="predict")
    assert samples[0].pred_score.sum() == pytest.approx(1)
    assert samples[0].pred_label == samples[0].pred_score.argmax()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(loss_weights=dict(past_cls=0.1)), r"unknown \['past_cls'\]; accepted: \['cls_action', 'feat', 'past_cls_action'\]"),
        (dict(label_mean="some"), "label_mean='some'"),
        (dict(predictor=dict(num_heads=3)), "num_heads=3.*must divide hidden_size"),
        (dict(predictor=dict(output_len=0)), "lengths are at least 1"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        build(**options)


def test_inputs_are_checked(video):
    with pytest.raises(ValueError, match=r"expected \(N, crops \* 1 clips, C, T, H, W\)"):
        build()(video[:, 0])
    with pytest.raises(ValueError, match=r"expected \(N, 6, T, 1, 1\)"):
        build()(video[:, :, :5])
    with pytest.raises(ValueError, match="need 17 positions"):
        build()(video.repeat(1, 1, 1, 5, 1, 1)[:, :, :, :17])


def test_a_backbone_that_gives_several_maps():
    backbone = dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=[1], focal_levels=[1], focal_windows=[3], num_frames=4)
    model = build(backbone=backbone, backbone_dim=4, backbone_key="stage1")
    assert model(torch.randn(1, 1, 3, 4, 32, 32)).shape == (1, 5)
    with torch.device("meta"):
        assert build(backbone=backbone, backbone_dim=4, backbone_key="stage1").num_classes == 5


def test_a_backbone_of_mmaction2():
    backbone = dict(type="mmaction.ResNet3d", depth=18, pretrained2d=False, base_channels=4, norm_cfg=dict(type="BN3d"))
    model = build(backbone=backbone, backbone_dim=32).eval()
    assert model(torch.randn(1, 1, 3, 4, 32, 32)).shape == (1, 5)
