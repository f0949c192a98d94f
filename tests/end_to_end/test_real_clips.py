"""The recipe on real videos: train, distil, test and visualise."""

import sys

import numpy as np
import pytest
import torch


@pytest.fixture
def data(shared):
    return [f"{split}_dataloader.dataset.data_root={shared / 'data/video'}" for split in ("train", "val", "test")]


@pytest.mark.long
def test_train_distil_test_and_visualise(run, shared, data, tmp_path):
    short = ["train_cfg.max_epochs=1", "param_scheduler.warmup_epochs=0"]
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    small = ["model.backbone.embed_dim=4", "model.head.in_features=32"]
    run(sys.executable, "tools/train.py", "configs/dvfl/fight2_teacher.py", "--work-dir", teacher, "--cfg-options", *data, *short, *small)
    distil = ["model.student.backbone.embed_dim=4", "model.student.head.in_features=32"]
    distil += ["model.teacher.model.backbone.embed_dim=4", "model.teacher.model.head.in_features=32"]
    distil += [f"model.teacher.checkpoint={teacher}/epoch_1.pth", "model.teacher.gate.min_accuracy=0.0"]
    run(
        sys.executable,
        "tools/train.py",
        "configs/dvfl/fight2_kd.py",
        "--work-dir",
        student,
        "--amp",
        "--cfg-options",
        *data,
        *short,
        *distil,
    )
    meta = torch.load(student / "epoch_1.pth", weights_only=True)["meta"]["dataset_meta"]
    assert list(meta["classes"]) == ["fight", "no_fight"]

    dump = tmp_path / "predictions.npz"
    checkpoint = student / "epoch_1.pth"
    only_student = [item.replace("model.student", "model") for item in distil[:2]]
    options = ["--cfg-options", data[2], *only_student, "model.backbone.drop_path_rate=0.0"]
    test = [sys.executable, "tools/test.py", "configs/dvfl/fight2_student.py", checkpoint, "--work-dir", tmp_path]
    run(*test, "--dump", dump, "--views", "2x3", *options)
    with np.load(dump) as predictions:
        assert predictions["pred_score"].shape == (30, 2)
        np.testing.assert_allclose(predictions["pred_score"].sum(1), 1, atol=1e-5)

    video = shared / "data/video/clips/fight2/fight/fi001.mp4"
    done = run(
        sys.executable,
        "tools/visualize_modulators.py",
        "configs/dvfl/fight2_student.py",
        checkpoint,
        video,
        "--out",
        tmp_path / "maps",
        *options,
    )
    assert "fight" in done.stdout
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["modulators.gif", "product.png", "spatial.png", "temporal.png"]
