"""Fine-tuning, testing and scoring through the command lines, in miniature."""

import json
import sys

import numpy as np
import pytest
import torch

from mmxkd.apis.configs import load_config
from mmxkd.apis.eval_grounding import evaluate_grounding
from mmxkd.datasets.features import build_feature_writer
from mmxkd.registry import MODELS

CONFIG = """
_base_ = ["{root}/configs/groundnlq/{recipe}.py"]

_features = dict(
    video_features=dict(_delete_=True, type="NpyFeatures", path="video", dim=8),
    text_features=dict(_delete_=True, type="NpyFeatures", path="text", dim=4),
)
_data = dict(data_root="{data}", layout="ego4d_nlq", fps=1, feat_stride=1, feat_num_frames=1, max_seq_len=64, **_features)
_loader = dict(num_workers=0, persistent_workers=False, pin_memory=False)
model = dict(
    backbone=dict(video_dim=8, text_dim=4, embed_dim=16, num_heads=2, arch=[1, 1, 1, 0, 2], max_seq_len=64, window=5),
    regression_ranges=[[0, 4], [2, 8], [4, 64]],
    head_dim=16,
    data_preprocessor=dict(video_dim=8, text_dim=4, max_seq_len=64),
)
train_dataloader = dict(**_loader, batch_size=4, dataset=dict(ann_file="train.json", disjoint_from="val.json", **_data))
val_dataloader = dict(**_loader, dataset=dict(ann_file="val.json", **_data))
test_dataloader = dict(**_loader, dataset=dict(ann_file="val.json", **_data))
val_evaluator = dict(undetected="whole_clip")
test_evaluator = dict(undetected="whole_clip")
param_scheduler = dict(warmup_epochs=1)
train_cfg = dict(max_epochs=2)
"""


@pytest.fixture
def data(tmp_path):
    """Clips in which the feature of a question's number is raised for some seconds."""
    rng = np.random.RandomState(0)
    with build_feature_writer(tmp_path / "video", "npy") as video, build_feature_writer(tmp_path / "text", "npy") as text:
        for split, count in (("train", 8), ("val", 4)):
            clips = []
            for number in range(count):
                length = rng.randint(30, 60)
                features, queries = rng.randn(length, 8).astype(np.float32) * 0.1, []
                for kind in range(2):
                    start, span = rng.randint(length - 8), rng.randint(3, 7)
                    features[start : start + span, kind] += 3
                    queries.append({"query": f"what {kind}?", "clip_start_sec": float(start), "clip_end_sec": float(start + span)})
                    text.write(f"{split}-{number}_{kind}", np.eye(4, dtype=np.float32)[[kind] * 3])
                video.write(f"{split}-clip{number}", features)
                annotations = [{"annotation_uid": f"{split}-{number}", "language_queries": queries}]
                place = {"clip_uid": f"{split}-clip{number}", "video_start_sec": 0.0, "video_end_sec": float(length)}
                clips.append({**place, "annotations": annotations})
            (tmp_path / f"{split}.json").write_text(json.dumps({"videos": [{"video_uid": "v", "clips": clips}]}))
    return tmp_path


@pytest.mark.long
def test_fine_tuning_testing_and_scoring(data, run, repo, tmp_path):
    config = tmp_path / "finetune.py"
    config.write_text(CONFIG.format(root=repo, recipe="ego4d_nlq_finetune", data=data))
    model = MODELS.build(load_config(config).model)
    torch.save({"state_dict": model.state_dict(), "meta": {}}, tmp_path / "narrations.pth")
    options = ["--work-dir", tmp_path / "fine", "--cfg-options", f"load_from={tmp_path / 'narrations.pth'}"]
    said = run(sys.executable, "tools/train.py", config, *options)
    assert "matching 'head' not taken over from" in said.stdout + said.stderr
    assert "matching 'loss_norm' not taken over from" in said.stdout + said.stderr
    written = ["--dump", tmp_path / "preds.npz", "--submission", tmp_path / "preds.json"]
    run(sys.executable, "tools/test.py", config, tmp_path / "fine/epoch_2.pth", "--work-dir", tmp_path / "test", *written)
    files = {"dump": tmp_path / "preds.npz", "file": tmp_path / "preds.json"}
    metrics = evaluate_grounding(files, data / "val.json")["metrics"]
    assert metrics["dump"] == pytest.approx(metrics["file"], abs=1e-6)
    assert metrics["dump"]["num_queries"] == 8
