"""A grid of runs: order, failure, and the rows made of its dumps."""

from pathlib import Path

import pytest

from mmxkd.apis import experiments
from mmxkd.apis.ablation import ablation_settings, equal_compute_epochs, randomize_head
from mmxkd.apis.demo import ROWS, demo_jobs
from mmxkd.apis.experiments import Job, JobFailedError, JobGrid, measure_row

ROOT = Path(__file__).resolve().parents[2]
TRAIN = "import sys; print('Epoch(train)  [1][ 2/4]')\nif '{fail}' in ' '.join(sys.argv): print('error: broken on purpose'); sys.exit(2)\n"
TEST = """import sys, pathlib, numpy as np
dump = pathlib.Path(sys.argv[sys.argv.index('--dump') + 1])
np.savez(dump, pred_score=np.eye(12)[[0, 1, 2, 0]], gt_label=np.array([0, 1, 2, 3]))
open(dump.parent.parent / 'order.txt', 'a').write(dump.parent.name + '\\n')
"""


@pytest.fixture
def tools(tmp_path):
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN.format(fail="fails"))
    (folder / "test.py").write_text(TEST)
    return folder


@pytest.fixture(autouse=True)
def _in_repo(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_jobs_wait_for_what_they_need(tools, tmp_path):
    student, teacher = "configs/puppet/dvfl_student.py", "configs/puppet/dvfl_teacher.py"
    jobs = [Job("distilled", student, after="teacher"), Job("teacher", teacher), Job("alone", student)]
    grid = JobGrid(jobs, tmp_path / "grid", tools, workers=1)
    dumps = grid.run()
    order = (tmp_path / "grid" / "order.txt").read_text().split()
    assert order == ["teacher", "distilled", "alone"]
    assert set(grid.seconds) == set(dumps) == {"distilled", "teacher", "alone"}
    row = measure_row(student, [dumps["alone"], dumps["distilled"]], "clips")
    assert row["top1"] == {"mean": 0.75, "std": 0.0, "per_seed": [0.75, 0.75]}
    assert row["params"] == 163_386


@pytest.mark.parametrize(("workers", "loading"), [(1, 0), (2, 1)])
def test_the_last_run_has_its_data_loaded_beside_it(tools, tmp_path, workers, loading):
    student = "configs/puppet/dvfl_student.py"
    (tools / "train.py").write_text("import sys; print(*sys.argv)")
    JobGrid([Job("first", student), Job("second", student)], tmp_path / "grid", tools, workers=workers).run()
    logs = {name: (tmp_path / "grid" / name / "log.txt").read_text() for name in ("first", "second")}
    assert logs["first"].count("num_workers=1") == 0
    assert logs["second"].count("train_dataloader.num_workers=1") == loading


def test_resuming_runs_only_what_was_not_finished_as_it_is_now(tools, tmp_path):
    student = "configs/puppet/dvfl_student.py"
    JobGrid(
        [Job("a", student, {"randomness.seed": 0}), Job("b", student, {"randomness.seed": 1})], tmp_path / "grid", tools, workers=1
    ).run()
    jobs = [Job("a", student, {"randomness.seed": 0}), Job("b", student, {"randomness.seed": 2}), Job("c", student, after="a")]
    dumps = JobGrid(jobs, tmp_path / "grid", tools, workers=1, resume=True).run()
    assert (tmp_path / "grid" / "order.txt").read_text().split() == ["a", "b", "b", "c"]
    assert all(dump.exists() for dump in dumps.values())
    jobs = [Job("a", student, {"randomness.seed": 7}), jobs[1], jobs[2]]
    JobGrid(jobs, tmp_path / "grid", tools, workers=1, resume=True).run()
    assert (tmp_path / "grid" / "order.txt").read_text().split()[4:] == ["a", "c"]


def test_a_failed_job_names_its_log_and_error(tools, tmp_path):
    grid = JobGrid([Job("fails", "configs/puppet/dvfl_student.py")], tmp_path / "grid", tools)
    with pytest.raises(JobFailedError, match=r"fails.*log\.txt.*broken on purpose"):
        grid.run()


def test_demo_rows_differ_only_in_what_they_say(tmp_path):
    jobs = {job.name: job for job in demo_jobs(tmp_path, [0, 1])}
    assert len(jobs) == 1 + 3 * 2
    assert jobs["student_s1"].after is None
    assert jobs["distilled_s1"].after == "teacher_s0"
    from mmxkd.apis.configs import load_config

    alone, distilled = (load_config(ROWS[row][0]) for row in ("student", "distilled"))
    for key in ("train_dataloader", "test_dataloader", "optim_wrapper", "param_scheduler", "train_cfg", "randomness"):
        assert alone[key] == distilled[key], key
    assert alone.model == distilled.model.student


def test_ablation_rows_and_equal_compute():
    settings = ablation_settings([0.5], [4.0])
    assert settings[0].name == "student alone"
    assert sum(setting.name.startswith("KD alpha") for setting in settings) == 1
    # teacher 7.67 times the student's multiply-adds: 24 epochs * (1 + 7.67 / 3)
    assert equal_compute_epochs() == 85


def test_random_head_changes_the_head_alone(tmp_path):
    import torch

    state = {"backbone.norm.weight": torch.ones(3), "head.fc.weight": torch.zeros(2, 3)}
    torch.save({"state_dict": state, "meta": {}}, tmp_path / "teacher.pth")
    randomize_head(tmp_path / "teacher.pth", tmp_path / "out" / "random.pth")
    after = torch.load(tmp_path / "out" / "random.pth", weights_only=True)["state_dict"]
    assert torch.equal(after["backbone.norm.weight"], torch.ones(3))
    assert 0 < after["head.fc.weight"].abs().max() < 0.1


def test_progress_is_read_from_the_log(tmp_path):
    (tmp_path / "train.py").write_text("print('Epoch(train)  [2][ 1/4]')")
    run = experiments._Run(Job("x", "c"), [[str(tmp_path / "train.py")]], tmp_path / "log.txt", epochs=4)
    run.process.join()
    assert run.fraction() == pytest.approx((1 + 1 / 4) / 4)
    assert run.process.exitcode == 0
