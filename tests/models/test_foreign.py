import pytest
import torch
from torch import nn

from mmxkd.errors import ConfigError
from mmxkd.models.foreign import ForeignModel
from mmxkd.structures import DataSample


class Foreign(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.ModuleDict({"stem": nn.Linear(3, 5), "unused": nn.Linear(1, 1)})
        self.head = nn.Linear(5, 4)

    def forward(self, video, scale=1.0):
        hidden = self.body["stem"](video.mean((1, 3, 4)))
        return {"logits": self.head(hidden) * scale, "states": (hidden,)}


def adapter(keys=None, **options):
    keys = keys or {"logits": "output.logits", "feat": "module:body.stem", "hidden": "output.states.0"}
    return ForeignModel(Foreign(), keys, layout="ntchw", argument="video", **options)


def test_outputs_by_field_index_and_module_path():
    model = adapter(call={"scale": 2.0})
    clips = torch.randn(2, 1, 3, 4, 8, 8)
    outputs = model.extract(clips, None, {"logits", "feat", "hidden"})
    torch.testing.assert_close(outputs["feat"], outputs["hidden"])
    torch.testing.assert_close(outputs["logits"], 2 * model.model.head(outputs["feat"]))


def test_taps_are_fresh_and_carry_gradients():
    model = adapter()
    first = model.extract(torch.randn(2, 1, 3, 4, 8, 8), None, {"feat"})["feat"]
    second = model.extract(torch.randn(3, 1, 3, 4, 8, 8), None, {"feat"})["feat"]
    assert (first.shape, second.shape) == ((2, 5), (3, 5))
    assert second.requires_grad
    assert not model._taps


def test_loss_and_prediction_over_views():
    model = adapter()
    samples = [DataSample(gt_label=torch.tensor(1)), DataSample(gt_label=torch.tensor(3))]
    assert model(torch.randn(2, 1, 3, 4, 8, 8), samples, mode="loss")["loss_cls"] > 0
    clips = torch.randn(2, 3, 3, 4, 8, 8)
    predicted = model(clips, samples, mode="predict")
    expected = model.model(clips[1].transpose(1, 2))["logits"].softmax(-1).mean(0)
    torch.testing.assert_close(predicted[1].pred_score, expected)


def test_unknown_paths_and_fields_are_errors():
    with pytest.raises(ConfigError, match=r"no sub-module 'body\.trunk'"):
        adapter({"logits": "output.logits", "feat": "module:body.trunk"})
    with pytest.raises(ConfigError, match="must say where 'logits'"):
        adapter({"feat": "module:body.stem"})
    clips = torch.randn(1, 1, 3, 4, 8, 8)
    with pytest.raises(ValueError, match=r"'output\.scores' is not in"):
        adapter({"logits": "output.scores"}).extract(clips, None, {"logits"})
    with pytest.raises(ValueError, match=r"'body\.unused' was not called"):
        adapter({"logits": "output.logits", "feat": "module:body.unused"}).extract(clips, None, {"feat"})


def test_hugging_face_model_from_config():
    config = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, image_size=16, patch_size=8)
    model = ForeignModel(
        dict(type="transformers.VideoMAEForVideoClassification", config=dict(**config, num_frames=2, num_labels=3, tubelet_size=2)),
        keys={"logits": "output.logits"},
        layout="ntchw",
        argument="pixel_values",
    )
    assert model(torch.randn(2, 1, 3, 2, 16, 16)).shape == (2, 3)
    with pytest.raises(ConfigError, match="no such class"):
        ForeignModel(dict(type="transformers.NoSuchModel"), keys={"logits": "output"})


def test_mmaction2_recognizer():
    backbone = dict(type="mmaction.ResNet3d", depth=18, pretrained2d=False, base_channels=4, inflate=((1, 1), (1, 1), (1, 1), (1, 1)))
    backbone.update(conv_cfg=dict(type="Conv3d"), norm_cfg=dict(type="BN3d"), pool1_stride_t=1)
    head = dict(type="mmaction.I3DHead", num_classes=3, in_channels=32)
    model = ForeignModel(
        dict(type="mmaction.Recognizer3D", backbone=backbone, cls_head=head),
        keys={"logits": "module:cls_head.fc_cls", "feat": "module:cls_head.avg_pool"},
        layout="nvcthw",
        call=dict(stage="head"),
    )
    outputs = model.extract(torch.randn(2, 1, 3, 4, 32, 32), None, {"logits", "feat"})
    assert outputs["logits"].shape == (2, 3)


def test_a_teacher_from_a_local_directory_tells_its_keys(tmp_path):
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification

    from mmxkd.distill.teachers.online import OnlineTeacher

    sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, image_size=16, patch_size=8)
    VideoMAEForVideoClassification(VideoMAEConfig(**sizes, num_frames=2, num_labels=3)).save_pretrained(tmp_path)
    foreign = dict(type="transformers.VideoMAEForVideoClassification", pretrained=str(tmp_path))
    keys = dict(logits="output.logits")
    teacher = OnlineTeacher(dict(type="ForeignModel", model=foreign, keys=keys, layout="ntchw", argument="pixel_values"))
    assert teacher.available() == {"logits"}
    teacher.prepare("cpu")
    assert teacher(torch.zeros(1, 1, 3, 2, 16, 16), [], {"logits"}).tensors["logits"].shape == (1, 3)


def test_convolutions_channels_last_compute_the_same():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv3d(3, 8, 3), nn.Conv3d(8, 8, 3, groups=8), nn.Flatten(), nn.LazyLinear(2))
    clips = torch.randn(2, 1, 3, 6, 9, 9)
    plain = ForeignModel(body, {"logits": "output"}).extract(clips, None, {"logits"})["logits"]
    names = {"logits": "output", "feat": "module:1"}
    outputs = ForeignModel(body, names, channels_last=True).extract(clips, None, {"logits", "feat"})
    torch.testing.assert_close(outputs["logits"], plain)
    assert outputs["feat"].is_contiguous(memory_format=torch.channels_last_3d)


def test_an_image_model_takes_every_frame_as_a_sample():
    class Images(nn.Module):
        def forward(self, pixels):
            return {"logits": pixels.mean((2, 3))}

    clips = torch.randn(2, 1, 3, 4, 8, 8)
    logits = ForeignModel(Images(), {"logits": "output.logits"}, layout="nchw").extract(clips, None, {"logits"})["logits"]
    torch.testing.assert_close(logits, clips[:, 0].mean((3, 4)).transpose(1, 2).flatten(0, 1))
