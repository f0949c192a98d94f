import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmxkd.apis.visualize import load_clip, rank_classes, visualize_modulators
from mmxkd.datasets.puppet.writer import write_video
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS

CONFIG = """
_model = dict(
    type="VideoRecognizer",
    backbone=dict(type="VideoFocalNet", img_size=32, embed_dim=4, depths=[1, 1], focal_levels=[1, 1], focal_windows=[3, 3],
                  num_frames=4, tubelet_size=2),
    head=dict(type="LinearHead", num_classes=3, in_features=8),
    data_preprocessor=dict(type="VideoDataPreprocessor", mean=[120.0] * 3, std=[60.0] * 3),
)
model = dict(type="LogitDistiller", student=_model, teacher=dict(type="OnlineTeacher", model=_model, checkpoint="no/teacher.pth"))
_pipeline = [
    dict(type="OpenVideo"),
    dict(type="SampleFrames", num_clips=4, frame_interval=1, test_mode=True, views=2),
    dict(type="DecodeFrames"),
    dict(type="mmaction.Resize", scale=(-1, 32)),
    dict(type="mmaction.ThreeCrop", crop_size=32),
    dict(type="PackVideo", num_frames=4),
]
test_dataloader = dict(dataset=dict(type="VideoDataset", ann_file="none.txt", pipeline=_pipeline))
"""


@pytest.fixture
def files(tmp_path):
    """A distillation config, a checkpoint with connectors and class names, and a video."""
    config = tmp_path / "kd.py"
    config.write_text(CONFIG)
    model = MODELS.build(Config.fromfile(config).model.student)
    state = {**model.state_dict(), "distill.terms.0.fc.weight": torch.zeros(2)}
    checkpoint = tmp_path / "student.pth"
    torch.save({"state_dict": state, "meta": {"dataset_meta": {"classes": ("Jump", "Sit", "Wave")}}}, checkpoint)
    video = tmp_path / "clip.mp4"
    write_video(video, np.random.RandomState(0).randint(0, 255, (12, 64, 96, 3), dtype=np.uint8), 12)
    return config, checkpoint, video


def test_student_is_shown_without_its_teacher(files, tmp_path):
    picture = visualize_modulators(*files, tmp_path / "maps", frames=[0, 3])
    assert [path.name for path in picture.files] == ["spatial.png", "temporal.png", "product.png", "modulators.gif"]
    assert all(path.stat().st_size > 1000 for path in picture.files)
    assert {name for name, _ in picture.predictions} == {"Jump", "Sit", "Wave"}
    assert sum(score for _, score in picture.predictions) == pytest.approx(1.0, abs=1e-5)


def test_one_view_from_a_pipeline_of_many(files):
    assert load_clip(Config.fromfile(files[0]), files[2]).shape == (1, 3, 4, 32, 32)


def test_what_is_wrong_is_named(files, tmp_path):
    config, checkpoint, video = files
    with pytest.raises(ConfigError, match="--frames 4; accepted: 0 to 3"):
        visualize_modulators(config, checkpoint, video, tmp_path, frames=[4])
    with pytest.raises(DataError, match=r"nothing\.mp4: no such file"):
        visualize_modulators(config, checkpoint, tmp_path / "nothing.mp4", tmp_path)
    other = {"model.student.head.num_classes": 5}
    with pytest.raises(DataError, match=r"student\.pth does not fit the model, 2 keys differ: head\.fc\.weight: \(3, 8\) in"):
        visualize_modulators(config, checkpoint, video, tmp_path, options=other)


def test_classes_without_names_are_numbered():
    ranked = rank_classes(torch.tensor([0.0, 3.0, 1.0]), None, 2)
    assert [name for name, _ in ranked] == ["class 1", "class 2"]
    assert [score for _, score in ranked] == pytest.approx([0.8438, 0.1142], abs=1e-4)
