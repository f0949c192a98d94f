"""Every config is readable, names only what exists, and its model builds and computes."""

from pathlib import Path

import pytest
import torch

from mmxkd.apis.configs import check_config, load_config
from mmxkd.distill.signal import Signal
from mmxkd.registry import MODELS, TRANSFORMS
from mmxkd.structures import DataSample

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").rglob("*.py") if not {"_base_", "features"} & set(path.parts)
)


@pytest.fixture(autouse=True)
def _in_repo(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("path", CONFIGS)
def test_config(path):
    config = load_config(path)
    check_config(config)
    with torch.device("meta"):
        model = MODELS.build(config.model)
    student = getattr(model, "student", model)
    assert student.loss_keys | student.predict_keys <= student.available()
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        pipeline = config.get(name, {}).get("dataset", {}).get("pipeline", [])
        assert len([TRANSFORMS.build(step) for step in pipeline]) == len(pipeline)
        if pipeline and pipeline[-1].type in ("PackVideo", "PackObservation") and hasattr(student, "backbone"):
            assert pipeline[-1].num_frames == student.backbone.input_shape[1]


RECOGNITION = [path for path in CONFIGS if "dvfl" in path]


@pytest.mark.parametrize("path", RECOGNITION)
def test_numbers_of_classes_and_mixing_blocks_agree(path):
    config = load_config(path)
    with torch.device("meta"):
        model = MODELS.build(config.model)
    classes = getattr(model, "student", model).num_classes
    mix = config.model.get("student", config.model).data_preprocessor.get("mix")
    if mix:
        assert mix.num_classes == classes
        assert config.train_dataloader.batch_size % mix.block_size == 0
        assert config.train_dataloader.sampler.block_size == mix.block_size
    if "model" in config.model.get("teacher", {}):
        assert config.model.teacher.get("type") == "StoredTeacher" or config.model.teacher.model.head.num_classes == classes
        assert "logits" in model.teacher.available()


@pytest.mark.parametrize("path", [path for path in RECOGNITION if "mini" in path or "puppet" in path or "fight2" in path])
def test_small_models_train_a_step(path):
    config = load_config(path)
    model = MODELS.build(config.model)
    student = getattr(model, "student", model)
    if "model" in config.model.get("teacher", {}):
        model.teacher.checkpoint = None
        model.prepare_teacher("cpu")
    elif hasattr(model, "teacher"):
        model.teacher.signal = lambda inputs, samples, want: Signal({"logits": torch.randn(2, student.num_classes)})
    _, frames, height, width = student.backbone.input_shape
    batch = {
        "inputs": [torch.zeros(1, 3, frames, height, width, dtype=torch.uint8) for _ in range(2)],
        "data_samples": [DataSample(gt_label=torch.tensor(label)) for label in (0, 1)],
    }
    batch = model.data_preprocessor(batch, training=True)
    losses = model(**batch, mode="loss")
    model.parse_losses(losses)[0].backward()
    assert all(p.grad is not None for p in model.parameters())


def test_configs_say_how_to_run_them():
    for path in CONFIGS:
        first = (ROOT / path).read_text().splitlines()[0]
        assert first.startswith("# tools/"), path
        assert path in first, path
