import pytest

from mmxkd.errors import ConfigError
from mmxkd.export.executorch import export_executorch, open_executorch
from mmxkd.export.graph import ExportGraph, largest_difference
from mmxkd.registry import MODELS

pytestmark = pytest.mark.executorch


def test_executorch_gives_the_models_answers(graph, clips, tmp_path):
    export_executorch(graph, tmp_path / "model.pte")
    assert largest_difference(graph, open_executorch(tmp_path / "model.pte"), clips) < 1e-5
    export_executorch(graph, tmp_path / "int8.pte", clips)
    rounded = largest_difference(graph, open_executorch(tmp_path / "int8.pte"), clips)
    assert 1e-7 < rounded < 0.05
    assert (tmp_path / "int8.pte").stat().st_size < (tmp_path / "model.pte").stat().st_size


def test_3d_convolutions_are_refused_by_name(tmp_path):
    model = dict(
        type="ForeignModel",
        model=dict(
            type="mmaction.Recognizer3D",
            backbone=dict(type="mmaction.X3D", gamma_w=1, gamma_b=1.0, gamma_d=1.0),
            cls_head=dict(type="mmaction.X3DHead", in_channels=192, num_classes=4, spatial_type="avg", average_clips=None),
        ),
        keys=dict(logits="output"),
        layout="nvcthw",
        call=dict(mode="tensor", stage="head"),
        data_preprocessor=dict(type="VideoDataPreprocessor", mean=[0.0] * 3, std=[1.0] * 3),
    )
    with pytest.raises(ConfigError, match=r"ForeignModel has a 3-D convolution .*--format onnx"):
        export_executorch(ExportGraph(MODELS.build(model), (4, 32, 32)), tmp_path / "model.pte")
    assert not list(tmp_path.iterdir())
