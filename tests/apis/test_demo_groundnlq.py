"""The grounding demo in parts: lists of a small world, the runs, figures of dumps, and pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmxkd.apis import demo_groundnlq
from mmxkd.apis.configs import load_config
from mmxkd.apis.demo_common import Demo
from mmxkd.apis.demo_groundnlq import ROWS, demo_jobs, draw_answers, measure, prepare_lists, score
from mmxkd.datasets.features import build_feature_writer
from mmxkd.datasets.grounding import read_queries
from mmxkd.datasets.puppet.long import LongWorld
from mmxkd.datasets.puppet.long.layout import write_long_world
from mmxkd.registry import MODELS

REPO = Path(__file__).resolve().parents[2]
WORLD = LongWorld(train_videos=3, val_videos=1, seconds=(9, 12), recipes=5, documents=5, pairs=8, size=32)


@pytest.fixture(autouse=True)
def _in_repo(monkeypatch):
    monkeypatch.chdir(REPO)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("puppet") / "long"
    write_long_world(WORLD, out, workers=1)
    return out


@pytest.fixture
def demo(tmp_path, monkeypatch, world):
    monkeypatch.setattr(demo_groundnlq, "LONG_DATA", world)
    (tmp_path / "work").mkdir()
    return Demo(tmp_path / "work", REPO / "tools", seeds=[3, 4], say=lambda line: None)


def write_dump(path, queries, offset=0.0, found=2):
    """Answer every query with its own window moved by ``offset``, and a wrong one."""
    windows = np.array([[query.windows[0]] for query in queries])
    predicted = np.concatenate([windows + offset, np.full_like(windows, 500.0) + [0, 1]], axis=1)[:, :found]
    np.savez(
        path,
        uid=[query.query_id for query in queries],
        video_id=[query.video_id for query in queries],
        duration=[query.duration for query in queries],
        pred_windows=predicted,
        pred_scores=np.full(predicted.shape[:2], 0.5),
        windows=windows,
    )
    return path


def configs(*names):
    return [load_config(f"configs/puppet/groundnlq_{name}.py") for name in names]


def test_rows_that_are_compared_see_the_same():
    for one, other in (("scratch", "finetune"), ("nano", "nano_kd")):
        alone, helped = configs(one, other)
        for key in ("train_dataloader", "test_dataloader", "optim_wrapper", "param_scheduler", "train_cfg", "randomness"):
            assert alone[key] == helped[key], (other, key)
    scratch, finetune, nano, distilled, pretrain = configs("scratch", "finetune", "nano", "nano_kd", "pretrain")
    assert scratch.model == finetune.model == pretrain.model
    builds = [MODELS.build(model) for model in (distilled.model.student, nano.model, distilled.model.teacher.model, finetune.model)]
    shapes = [{key: value.shape for key, value in model.state_dict().items()} for model in builds]
    assert shapes[0] == shapes[1]
    assert shapes[2] == shapes[3]
    for taught, alone in zip(builds[0::2], builds[1::2], strict=True):
        for name in ("regression_ranges", "center_radius", "label_smoothing", "reg_weight", "text_padding"):
            assert getattr(taught, name) == getattr(alone, name), name


def test_runs_wait_for_what_they_start_from(tmp_path):
    jobs = {job.name: job for job in demo_jobs(tmp_path, [3, 4])}
    assert {job.options["randomness.seed"] for name, job in jobs.items() if name.endswith("_s4")} == {4}
    assert jobs["finetuned_s4"].after == "pretrained"
    assert jobs["distilled_s4"].after == "finetuned_s3"
    assert jobs["scratch_s3"].after is None
    epochs = configs("pretrain")[0].train_cfg.max_epochs
    assert jobs["finetuned_s3"].options["load_from"] == str(tmp_path / "pretrained" / f"epoch_{epochs}.pth")
    assert jobs["distilled_s4"].options["model.teacher.checkpoint"].startswith(str(tmp_path / "finetuned_s3"))


@pytest.mark.long
def test_lists_and_sentences_of_a_world(demo, world):
    prepare_lists(world / "grounding")
    questions = read_queries(str(world / "grounding/nlq_train.jsonl"), "list")
    narrations = read_queries(str(world / "grounding/narrations.jsonl"), "list")
    assert {query.video_id for query in questions} < {query.video_id for query in narrations}
    sentences = (world / "grounding/sentences.txt").read_text().splitlines()
    assert len(set(sentences)) == len(sentences)
    assert {query.query for query in questions} <= set(sentences)
    assert not any("<" in sentence or " . " in sentence for sentence in sentences)
    held_out = read_queries(str(world / "grounding/nlq_val.jsonl"), "list")
    assert not {query.video_id for query in held_out} & {query.video_id for query in narrations}
    answers = write_dump(world / "answers.npz", held_out)
    draw_answers(answers, world / "grounding/nlq_val.jsonl", world / "videos", demo.work_dir / "pictures")
    assert [path.stem for path in (demo.work_dir / "pictures").iterdir()] == [held_out[0].video_id]


def test_figures_of_dumps(demo, tmp_path):
    (tmp_path / "list.jsonl").write_text(
        json.dumps({"query": "a?", "query_id": "a_0", "duration": 9.0, "video_id": "v", "timestamps": [[2.0, 4.0]]}) + "\n"
    )
    queries = list(read_queries(str(tmp_path / "list.jsonl"), "list"))
    right, near = write_dump(tmp_path / "right.npz", queries), write_dump(tmp_path / "near.npz", queries, offset=0.8)
    assert score(right)["miou"] == 1
    assert score(near)["r1_iou03"] == 1
    assert score(near)["r1_iou05"] == 0  # 1.2 of 2.8 s
    row = measure("distilled", demo, {"distilled_s3": right, "distilled_s4": near})
    assert row["r1_iou05"] == {"mean": 0.5, "std": pytest.approx(0.70711), "per_seed": [1.0, 0.0]}
    assert row["params"] > 0
    result = demo.finish({"student": {**row, "sees": "x"}, "distilled": row}, "title", "r1_iou05", pairs=[("distilled", "student")])
    assert result["differences"]["distilled - student"]["mean"] == 0
    assert json.loads((demo.work_dir / "results.json").read_text())["seeds"] == [3, 4]
    assert set(ROWS) == {"teacher", "scratch", "finetuned", "student", "distilled"}


@pytest.mark.long
def test_pretraining_fine_tuning_and_distilling_in_miniature(world, demo, tmp_path):
    """The configs' own models and losses on random features, an epoch each."""
    folder = world / "grounding"
    if not (folder / "narrations.jsonl").is_file():
        prepare_lists(folder)
    rng = np.random.RandomState(0)
    with build_feature_writer(world / "ego4d", "npz-lmdb") as video, build_feature_writer(folder / "text", "npz-lmdb") as text:
        for name in ("nlq_train", "nlq_val", "narrations"):
            for query in read_queries(str(folder / f"{name}.jsonl"), "list"):
                if query.video_id not in video:
                    video.write(query.video_id, rng.randn(int(query.duration * 1.87), 256).astype(np.float32))
                text.write(query.query_id, rng.randn(6, 64).astype(np.float32))
    options = {f"{split}_dataloader.dataset.data_root": str(world) for split in ("train", "val", "test")}
    options |= {
        "train_cfg.max_epochs": 1,
        "train_cfg.val_interval": 1,
        "train_dataloader.batch_size": 2,
        "param_scheduler.warmup_epochs": 0,
    }
    from mmxkd.apis.train import train

    train("configs/puppet/groundnlq_pretrain.py", work_dir=str(tmp_path / "a"), options=options)
    train(
        "configs/puppet/groundnlq_finetune.py",
        work_dir=str(tmp_path / "b"),
        options={**options, "load_from": str(tmp_path / "a/epoch_1.pth")},
    )
    kd = {**options, "model.teacher.checkpoint": str(tmp_path / "b/epoch_1.pth")}
    train("configs/puppet/groundnlq_nano_kd.py", work_dir=str(tmp_path / "c"), options=kd)
    state = torch.load(tmp_path / "c/epoch_1.pth", weights_only=True)["state_dict"]
    assert MODELS.build(configs("nano")[0].model).load_state_dict(state, strict=False).missing_keys == []
