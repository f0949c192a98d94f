"""The pieces of the anticipation demo, on a tiny world."""

from pathlib import Path

import numpy as np
import pytest

from mmxkd.apis.configs import load_config
from mmxkd.apis.demo_anticipation import ROWS, draw_examples, measure_rows, prepare_recipes, student_jobs, teacher_jobs
from mmxkd.apis.demo_common import LONG_DATA, Demo, long_videos
from mmxkd.apis.experiments import JobFailedError
from mmxkd.datasets.features import build_feature_writer
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.registry import DATASETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """A demo in a folder of its own."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    return Demo(Path("work_dirs"), ROOT / "tools", seeds=(0, 1), say=lambda line: None)


def _dump(uids, right):
    labels = np.arange(len(uids)) % 33
    scores = np.eye(33)[np.where(right, labels, (labels + 1) % 33)]
    return {"uid": np.array(uids), "index": np.arange(len(uids)), "gt_label": labels, "pred_score": scores}


def test_students_differ_in_what_the_teacher_says_and_about_which_videos(demo):
    recipes, teacher = teacher_jobs(demo.work_dir, 0)
    assert teacher.after == recipes.name
    assert teacher.options["load_from"] == str(demo.checkpoint(recipes.name, recipes.config))
    jobs = student_jobs(Path("store"), demo.seeds)
    assert [job.name for job in jobs[:4]] == ["student_s0", "distilled_s0", "distilled_topk_s0", "distilled_unlabelled_s0"]
    alone, *distilled = (load_config(job.config, job.options) for job in jobs[:4])
    for config in distilled:
        assert config.model.student == alone.model
        assert config.model.teacher.store == "store"
        for key in ("optim_wrapper", "test_dataloader"):
            assert config[key] == alone[key], key
    *labelled, unlabelled = distilled
    for key in ("train_dataloader", "param_scheduler", "train_cfg"):
        assert all(config[key] == alone[key] for config in labelled), key
    assert [config.model.terms[0].loss.get("mode", "full") for config in labelled] == ["full", "top_k"]
    seen = dict(unlabelled.train_dataloader.dataset)
    assert (seen.pop("labelled"), seen.pop("split")) == ("fit", "training")
    assert {**seen, "split": "fit"} == alone.train_dataloader.dataset
    # As many steps of as many samples: an eighth of the videos is labelled.
    assert unlabelled.train_cfg.max_epochs * 8 == alone.train_cfg.max_epochs
    assert unlabelled.model.task_weight == 1 - seen["table"].held_out == 1 / 8


def test_nothing_is_told_that_the_student_could_not_have_seen():
    seen = load_config("configs/puppet/anticipation_student.py").train_dataloader.dataset
    for name in ("teacher_recipes", "teacher"):
        told = load_config(f"configs/puppet/anticipation_{name}.py")
        for dataset in (told.train_dataloader.dataset, told.test_dataloader.dataset):
            assert (dataset.history_rule, dataset.history_gap) == ("ended", seen.tau_a)
    assert told.train_dataloader.dataset.split == seen.split == "fit"
    assert told.train_dataloader.dataset.table == seen.table


def test_rows_are_measured_on_what_all_of_them_answer(demo):
    dumps = {name: [_dump(["1", "2", "3", "4"], [True, False, True, True])] for name in ROWS}
    dumps["teacher"] = [_dump(["0", "1", "2", "3", "4"], [True] * 5)]
    dumps["student"] = [_dump(["1", "2", "3", "4"], right) for right in ([True, False, True, False], [False] * 4)]
    rows = measure_rows(dumps)
    assert {row["num_samples"] for row in rows.values()} == {4}
    assert rows["student"]["top1"]["per_seed"] == [0.5, 0.0]
    assert rows["distilled"]["top1"]["mean"] == 0.75
    assert rows["teacher"]["history"].startswith("ended, history_gap=")
    assert "history" not in rows["student"]
    assert rows["student"]["params"] == rows["distilled"]["params"] > 0


@pytest.mark.long
def test_data_and_pictures(demo):
    long_videos(demo, LongWorld(train_videos=8, val_videos=2, recipes=20, documents=1, pairs=1, seconds=(25.0, 26.0)))
    prepare_recipes(demo)
    assert set(demo.seconds) == set(demo.cpu_seconds) == {"data"}
    records = load_config("configs/puppet/anticipation_teacher_recipes.py").train_dataloader.dataset
    assert len(DATASETS.build(records)) > 100
    config = load_config("configs/puppet/anticipation_student.py")
    with build_feature_writer(config.test_dataloader.dataset.features.path, "rulstm") as writer:
        for video in (LONG_DATA / "videos").glob("*.mp4"):
            writer.write(video.stem, np.zeros((90, 256)), frames=np.arange(0, 900, 10))
    dataset = DATASETS.build(config.test_dataloader.dataset)
    assert dataset[0]["inputs"].shape == (1, 256, 8, 1, 1)
    uids = [dataset[row]["data_samples"].uid for row in range(len(dataset))]
    draw_examples({name: _dump(uids, np.ones(len(uids), bool)) for name in ("teacher", "student")}, Path("foretold"))
    assert len(list(Path("foretold").glob("*.png"))) == 4


def test_a_tool_that_fails_is_named_with_its_last_line(demo):
    with pytest.raises(JobFailedError, match=r"recipe_actions.py failed, see work_dirs/tools.txt: error: .*none.json"):
        demo.call("data/recipe_actions.py", "none.json", "--out", "x.txt")
