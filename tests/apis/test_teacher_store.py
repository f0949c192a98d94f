"""Dumping and checking with toy models: which batches, which keys, resuming, what is refused."""

import json
import pickle
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmxkd.apis import store_jobs, teacher_store
from mmxkd.apis.store_checks import check_store
from mmxkd.apis.store_info import describe_store
from mmxkd.apis.teacher_store import dump_store
from mmxkd.apis.train import prepare_training
from mmxkd.datasets.samplers import SampleKey
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS
from mmxkd.structures import DataSample

sys.path.insert(0, str(Path(__file__).parents[1] / "distill"))
from toys import CLASSES, ToyModel

CONFIG = """
train_dataloader = dict(batch_size=4, num_workers={workers}, dataset=dict(type="ToyRows", pipeline=[dict(scale=1.0)]),
    sampler=dict(type="EpochSampler", shuffle=True))
val_dataloader = dict(batch_size=4, num_workers=0, dataset=dict(type="ToyRows", histories=2), sampler=dict(type="EpochSampler", shuffle=False))
model = {model}
"""
STUDENT = 'dict(type="ToyModel")'
DISTILLER = f"""dict(type="Distiller", student={STUDENT}, teacher=dict(type="OnlineTeacher", model=dict(type="ToyModel", width=7)),
    terms=[dict(loss=dict(type="KLDivergence", temperature=2.0), student="logits", teacher="logits")])"""


@DATASETS.register_module(force=True)
class ToyRows:
    """Ten rows whose input depends on (seed, epoch, row); ``histories`` rows share a uid."""

    metainfo = {"label_map_hash": "00ff", "classes": ("a", "b", "c")}

    def __init__(self, histories=1, seed=0, pipeline=(), broken=(), test_mode=False):
        self.histories, self.seed, self.broken, self.test_mode = histories, seed, broken, test_mode

    def __len__(self):
        return 10

    def __getitem__(self, key):
        epoch, position, row = key if isinstance(key, SampleKey) else (0, key, key)
        inputs = torch.from_numpy(np.random.RandomState(100 * epoch + row + self.seed).randn(4).astype(np.float32))
        meta = dict(uid=f"u{row // self.histories}", index=row, epoch=epoch, position=position, seed=self.seed)
        meta["broken"] = ["x.mp4"] if row in self.broken else []
        return {"inputs": inputs, "data_samples": DataSample(gt_label=torch.tensor(row % CLASSES), metainfo=meta)}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(teacher_store, "tqdm", _Quiet)


class _Quiet:
    written = []

    def __init__(self, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def update(self, count):
        pass

    @classmethod
    def write(cls, text):
        cls.written.append(text)


@pytest.fixture
def teacher(tmp_path):
    torch.manual_seed(1)
    model = ToyModel(width=7).eval()
    path = tmp_path / "teacher.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return model, str(path)


def write_config(tmp_path, model=DISTILLER, workers=0, name="toy.py"):
    path = tmp_path / name
    path.write_text(CONFIG.format(model=model, workers=workers))
    return str(path)


def said_by(model, rows, epoch=0, seed=0):
    data = ToyRows(seed=seed)
    with torch.no_grad():
        inputs = torch.stack([data[SampleKey(epoch, 0, row)]["inputs"] for row in rows])
        return model.extract(inputs, None, {"logits"})["logits"].numpy()


def test_every_view_of_every_epoch_is_dumped_once(tmp_path, teacher):
    model, path = teacher
    meta = dump_store(write_config(tmp_path, workers=1), path, out=tmp_path / "s", epochs=3, dtype="fp32", processes=3)
    store = TeacherStore(tmp_path / "s")
    assert (meta.count, meta.views, meta.epochs, meta.label_map_hash) == (30, "replay", 3, "00ff")
    for epoch in range(3):
        places = store.find([RowKey(f"u{row}", epoch) for row in range(10)])
        np.testing.assert_allclose(store.read("logits", places)["values"], said_by(model, range(10), epoch), atol=1e-6)
    assert meta.accuracy is not None
    assert "3 epochs of 1 pass(es), seed 0, not mixed" in describe_store(tmp_path / "s")


def test_of_another_config_the_model_speaks_and_histories_are_averaged(tmp_path, teacher):
    model, path = teacher
    config = write_config(tmp_path, 'dict(type="ToyModel", width=7)')
    meta = dump_store(config, path, out=tmp_path / "s", split="val", features=True, dtype="fp32")
    store = TeacherStore(tmp_path / "s")
    assert (meta.count, meta.samples, store.keys) == (5, 10, {"logits", "feat"})
    expected = said_by(model, range(10)).reshape(5, 2, CLASSES).mean(1)
    np.testing.assert_allclose(store.read("logits", store.find([RowKey(f"u{i}") for i in range(5)]))["values"], expected, atol=1e-6)
    found = check_store(tmp_path / "s", config, path, samples=4)
    assert found.passed
    assert set(found.errors) == {"logits", "feat"}


def test_top_k_at_the_terms_temperature(tmp_path, teacher):
    dump_store(write_config(tmp_path), teacher[1], out=tmp_path / "s", top_k=2)
    form = TeacherStore(tmp_path / "s").meta.formats["logits"]
    assert (form.top_k, form.temperature, form.dtype) == (2, 2.0, "fp16")
    assert check_store(tmp_path / "s", write_config(tmp_path), teacher[1]).passed
    with pytest.raises(ConfigError, match="--top-k 3: none of logits has more classes"):
        dump_store(write_config(tmp_path), teacher[1], out=tmp_path / "t", top_k=3)


def test_an_interrupted_dump_goes_on_where_it_stopped(tmp_path, teacher, monkeypatch):
    monkeypatch.setattr(teacher_store, "_PART", 4)
    asked = []
    ask = teacher_store.ask

    def failing(job, batch, want):
        asked.append(len(batch["inputs"]))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return ask(job, batch, want)

    monkeypatch.setattr(teacher_store, "ask", failing)
    with pytest.raises(KeyboardInterrupt):
        dump_store(write_config(tmp_path), teacher[1], out=tmp_path / "s", epochs=2)
    dump_store(write_config(tmp_path), teacher[1], out=tmp_path / "s", epochs=2)
    assert len(TeacherStore(tmp_path / "s")) == 20
    # A look at the first batch, two parts, the interruption; again a look, and the four parts that were left.
    assert asked == [4, 4, 4, 2, 4, 2, 4, 4, 2]


def test_samples_that_cannot_be_read_are_left_out_and_told(tmp_path, teacher):
    text = CONFIG.replace("histories=2", "broken=(1, 2), test_mode=True")
    path = tmp_path / "toy.py"
    path.write_text(text.format(model='dict(type="ToyModel", width=7)', workers=0))
    meta = dump_store(str(path), teacher[1], out=tmp_path / "s", split="val")
    assert meta.count == 8
    assert "2 samples could not be read" in _Quiet.written[-1]


def test_check_finds_another_teacher_other_views_and_wrong_rows(tmp_path, teacher):
    _, path = teacher
    config = write_config(tmp_path)
    dump_store(config, path, out=tmp_path / "s", dtype="fp32")
    assert check_store(tmp_path / "s", config, path, samples=100).rows == 10
    with pytest.raises(DataError, match="seed was 0 when it was dumped, is 3 here"):
        check_store(tmp_path / "s", config, path, options={"randomness.seed": 3})
    torch.save({"state_dict": ToyModel(width=7).state_dict(), "meta": {}}, tmp_path / "other.pth")
    with pytest.raises(DataError, match=r"weights_hash .* of the teacher when it was dumped"):
        check_store(tmp_path / "s", config, str(tmp_path / "other.pth"))
    assert not check_store(tmp_path / "s", config, path, tolerance=-1.0).passed


@pytest.mark.parametrize(
    ("model", "checkpoint", "options", "message"),
    [
        (DISTILLER, True, dict(views="replay", split="val"), "replay"),
        (DISTILLER, True, dict(split="test"), "has no test_dataloader"),
        (DISTILLER, True, dict(views="fixed", epochs=2), "one epoch is all there is"),
        (DISTILLER, True, dict(keys=["logitz"]), "--keys logitz: the teacher gives"),
        (DISTILLER, True, dict(options={"train_dataloader.sampler.type": "mmengine.DefaultSampler"}), "accepted: 'EpochSampler'"),
        (STUDENT, False, dict(), "is no distillation config"),
        (STUDENT, True, dict(views="replay"), "accepted: fixed"),
        (DISTILLER, True, dict(dtype="int4"), "accepted: fp16, fp32"),
        (DISTILLER, True, dict(tail="fat"), "accepted: spread"),
    ],
)
def test_requests_that_make_no_sense(tmp_path, teacher, model, checkpoint, options, message):
    with pytest.raises(ConfigError, match=message):
        dump_store(write_config(tmp_path, model), teacher[1] if checkpoint else None, out=tmp_path / "s", **options)


def test_a_missing_store_is_named_before_training(repo, monkeypatch):
    monkeypatch.chdir(repo)
    with pytest.raises(
        ConfigError, match=r"model\.teacher\.store='data/none'.* To prepare: tools/teacher/dump\.py configs/puppet/dvfl_kd\.py"
    ):
        prepare_training("configs/puppet/dvfl_kd_stored.py", options={"model.teacher.store": "data/none"})


def test_identities_of_teachers(tmp_path, teacher):
    job = store_jobs.build_job(write_config(tmp_path), teacher[1], "train", None)
    assert job.identity["type"] == "OnlineTeacher"
    assert len(job.identity["weights_hash"]) == 16
    assert job.identity == store_jobs.build_job(write_config(tmp_path), teacher[1], "train", None).identity


def _dump_as_rank(rank, folder, config, checkpoint):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/init", rank=rank, world_size=2)
    teacher_store._PART = 4
    meta = dump_store(config, checkpoint, out=folder / "both", epochs=2, dtype="fp32")
    assert meta.count == 20
    torch.distributed.destroy_process_group()


def test_two_processes_share_a_dump(tmp_path, teacher):
    config = write_config(tmp_path)
    torch.multiprocessing.start_processes(_dump_as_rank, (tmp_path, config, teacher[1]), nprocs=2, start_method="fork")
    dump_store(config, teacher[1], out=tmp_path / "alone", epochs=2, dtype="fp32")
    for name in ("keys.npy", "rows.npy", "logits.npy"):
        assert (tmp_path / "both" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


@pytest.fixture
def tool(repo, monkeypatch, capsys):
    """Run a command line in this process; returns (exit status, stdout, stderr)."""

    def run(script, *arguments):
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        status = 0
        try:
            runpy.run_path(str(repo / "tools" / script), run_name="__main__")
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


def test_command_lines(tool, tmp_path, teacher):
    config, store = write_config(tmp_path), tmp_path / "s"
    status, out, _ = tool("teacher/dump.py", config, teacher[1], "--out", store, "--epochs", 2, "--dtype", "fp32")
    assert (status, "20 rows of 20 samples" in out) == (0, True)
    status, out, err = tool("teacher/dump.py", config, teacher[1], "--out", store)
    assert (status, "exists already" in err, "Traceback" in err) == (2, True, False)
    status, out, _ = tool("teacher/check.py", store, config, teacher[1])
    assert (status, "tolerance 1e-04: pass" in out) == (0, True)
    status, out, _ = tool("teacher/check.py", store, config, teacher[1], "--tolerance", "-1")
    assert (status, "FAIL" in out) == (1, True)
    status, out, _ = tool("teacher/ensemble.py", store, store, "--out", tmp_path / "e", "--reduce", "weighted", "--weights", 1, 3)
    assert (status, "teacher: ensemble" in out) == (0, True)
    status, out, _ = tool("teacher/info.py", store, tmp_path / "e")
    assert (status, out.count("bytes a row")) == (0, 2)
    status, _, err = tool("teacher/info.py", tmp_path / "none")
    assert (status, "no stored teacher there" in err) == (2, True)
    (tmp_path / "d.pkl").write_bytes(pickle.dumps({1: [0.5, 1.0]}))
    assert tool("teacher/convert.py", tmp_path / "d.pkl", "--out", tmp_path / "c", "--allow-pickle")[0] == 0
    status, _, err = tool("teacher/convert.py", tmp_path / "d.pkl", "--out", tmp_path / "c2")
    assert (status, "--allow-pickle" in err) == (2, True)


def test_predictions_are_scored_from_the_command_line(tool, tmp_path):
    for name, seed in (("student", 0), ("teacher", 1), ("distilled", 2)):
        scores = np.random.RandomState(seed).rand(20, 4)
        np.savez(tmp_path / f"{name}.npz", uid=np.arange(20).astype(str), gt_label=np.arange(20) % 4, pred_score=scores)
    files = [f"{name}={tmp_path / name}.npz" for name in ("student", "teacher", "distilled")]
    (tmp_path / "many.txt").write_text("1\n2\n")
    options = ["--many-shot", f"frequent={tmp_path / 'many.txt'}", "--correlated", 2, "--json", tmp_path / "report.json"]
    status, out, err = tool("eval_predictions.py", "--task", "anticipation", *files, *options)
    assert status == 0, err
    assert "recall5_frequent" in out
    report = json.loads((tmp_path / "report.json").read_text())
    assert sum(report["error_groups"].values()) == 20
    assert "student wrong, teacher right, distilled right" in report["error_groups"]
    status, _, err = tool("eval_predictions.py", "--task", "cooking", *files)
    assert (status, "--task cooking; accepted: anticipation" in err) == (2, True)
