"""Every config trains a step, made small, on miniature data that lie where it expects the real ones."""

import sys
from pathlib import Path

import pytest
import torch
from torch.utils._pytree import tree_leaves
from torch.utils.data import DataLoader

from mmxkd.apis.configs import check_config, load_config
from mmxkd.apis.train import train
from mmxkd.registry import DATASETS, MODELS
from mmxkd.structures import DataSample

sys.path.insert(0, str(Path(__file__).parent))
from prepared import prepare

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").rglob("*.py") if not {"_base_", "features"} & set(path.parts)
)
#: One of each kind; the others take minutes together.
QUICK = {
    "configs/dvfl/ucf101_kd.py",
    "configs/anticipation/ek55_avt_kd.py",
    "configs/vidlankd/howto100m_teacher_small.py",
    "configs/groundnlq/ego4d_nlq_finetune.py",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the configs and nothing else, shared by all of them as a user's folder is."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "configs").symlink_to(ROOT / "configs")
    return folder


@pytest.mark.parametrize("path", [path if path in QUICK else pytest.param(path, marks=pytest.mark.long) for path in CONFIGS])
def test_a_step(path, home, tmp_path, monkeypatch):
    monkeypatch.chdir(home)
    options = prepare(path)
    config = load_config(path, options)
    for split in ("val", "test"):
        if (config.get(f"{split}_dataloader") or {}).get("dataset"):
            assert DATASETS.build(config[f"{split}_dataloader"].dataset)[0]
    runner = train(path, work_dir=str(tmp_path), options=options)
    assert 1 <= runner.iter <= 10
    trained = [parameter for parameter in runner.model.parameters() if parameter.requires_grad]
    assert all(torch.isfinite(parameter).all() for parameter in trained)
    here, sent = (first_batch(runner.train_dataloader, workers) for workers in (0, 1))
    assert len(here) == len(sent)
    for expected, found in zip(here, sent, strict=True):
        if isinstance(expected, torch.Tensor):
            torch.testing.assert_close(found, expected, rtol=0, atol=0)
        else:
            assert found == expected


def first_batch(loader, workers):
    """Return the leaves of the first batch, with its samples' fields, made here or in a worker."""
    keys = next(iter(loader.batch_sampler))
    batch = next(iter(DataLoader(loader.dataset, batch_sampler=[keys], collate_fn=loader.collate_fn, num_workers=workers)))
    return tree_leaves([batch["inputs"], [dict(sorted(sample.items())) for sample in batch["data_samples"]]])


@pytest.mark.parametrize("path", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("configs/features/*.py")))
def test_a_clip_through_an_extractor(path, monkeypatch):
    """These configs extract and are not trained."""
    monkeypatch.chdir(ROOT)
    images = {"model.config.depths": [1] * 4, "model.config.hidden_sizes": [8] * 4, "model.config.embedding_size": 8}
    clips = {"backbone.depths": [1] * 4, "backbone.planes": [32] * 4, "backbone.cardinality": 2, "head.in_features": 64}
    options = images if load_config(path).model.type == "ForeignModel" else clips
    config = load_config(path, {f"model.{key}": value for key, value in options.items()})
    check_config(config)
    *_, crop, pack = config.test_dataloader.dataset.pipeline
    model = MODELS.build(config.model).eval()
    frames = torch.zeros(1, 3, pack.num_frames, crop.crop_size, crop.crop_size, dtype=torch.uint8)
    batch = model.data_preprocessor({"inputs": [frames], "data_samples": [DataSample()]})
    with torch.no_grad():
        features = model.extract(batch["inputs"], batch["data_samples"], {"feat"})["feat"]
    assert features.flatten(1).shape == (1, 8 if options is images else 64)
