"""StoredTeacher: look-ups, policies, and what it refuses."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmxkd.datasets.samplers import EpochSampler
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.store.fingerprint import compare_augmentation, describe_augmentation, weights_hash
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.writer import StoreWriter
from mmxkd.distill.teachers.ensemble import TeacherEnsemble
from mmxkd.distill.teachers.stored import StoredTeacher
from mmxkd.errors import ConfigError, DataError
from mmxkd.structures import DataSample

sys.path.insert(0, str(Path(__file__).parent))
from toys import ToyModel, toy_batch

PIPELINE = [dict(type="Crop", size=4)]
MIX = dict(type="MixupCutmix", num_classes=3, block_size=2)


def config(seed=0, pipeline=PIPELINE, mix=None, **sampler):
    loader = dict(batch_size=4, sampler=sampler, dataset=dict(type="Toy", pipeline=pipeline))
    return dict(randomness=dict(seed=seed), train_dataloader=loader, model=dict(student=dict(data_preprocessor=dict(mix=mix))))


def write(folder, keys=None, top_k=None, classes=3, **meta):
    keys = keys or [RowKey(str(i)) for i in range(6)]
    values = np.random.RandomState(0).randn(len(keys), classes).astype(np.float32)
    form = RecordFormat((classes,), "fp32", top_k, 2.0)
    writer = StoreWriter(folder, StoreMeta(**{"teacher": {"weights_hash": "aaaa"}, "split": "train", "formats": {"logits": form}, **meta}))
    writer.write_part(0, keys, {"logits": values})
    writer.finish([0])
    return torch.from_numpy(values)


def opened(folder, **options):
    teacher = StoredTeacher(str(folder), **options)
    teacher.prepare("cpu")
    return teacher


def ask(teacher, samples, want=("logits",)):
    return teacher(None, samples, set(want))


def sample(uid, **meta):
    return DataSample(gt_label=torch.tensor(0), metainfo={"uid": uid, **meta})


def test_a_distiller_learns_from_a_store_as_from_its_teacher(tmp_path):
    values = write(tmp_path / "s")
    teacher = StoredTeacher(str(tmp_path / "s"))
    assert teacher.available() == {"logits"}
    distiller = Distiller(ToyModel(), teacher, [dict(loss=dict(type="KLDivergence"), student="logits", teacher="logits", name="kd")])
    distiller.prepare_teacher()
    inputs, samples = toy_batch()
    torch.manual_seed(0)
    losses = distiller(inputs, samples, mode="loss")
    torch.manual_seed(0)
    expected = distiller.terms[0].loss(distiller.student.extract(inputs, samples, {"logits"})["logits"], values, torch.ones(6, dtype=bool))
    torch.testing.assert_close(losses["raw_kd"], expected.detach())
    assert not any("teacher" in key for key in distiller.state_dict())


def test_uids_meet_whatever_their_spelling(tmp_path):
    values = write(tmp_path / "s", [RowKey("12"), RowKey("v/clip")])
    teacher = opened(tmp_path / "s")
    said = ask(teacher, [sample("00012"), sample("v/clip"), sample("12")]).tensors["logits"]
    torch.testing.assert_close(said, values[[0, 1, 0]])


def test_missing_is_an_error_by_default(tmp_path):
    write(tmp_path / "s")
    with pytest.raises(DataError, match="no row for 'x', epoch 0, position 0 \\(1 of a batch of 2\\)"):
        ask(opened(tmp_path / "s"), [sample("1"), sample("x")])


def test_skipped_samples_are_masked_and_uniform_ones_are_flat(tmp_path):
    values = write(tmp_path / "s")
    teacher = opened(tmp_path / "s", missing="skip")
    signal = ask(teacher, [sample("x"), sample("3")])
    assert signal.mask("logits").tolist() == [False, True]
    torch.testing.assert_close(signal.tensors["logits"][1], values[3])
    assert (teacher.lookups, teacher.misses) == (2, 1)
    signal = ask(opened(tmp_path / "s", missing="uniform"), [sample("x"), sample("3")])
    assert signal.mask("logits").tolist() == [True, True]
    assert signal.tensors["logits"][0].tolist() == [-1.0] * 3


def test_a_small_run_that_finds_nothing_stops_too(tmp_path):
    write(tmp_path / "s")
    teacher = opened(tmp_path / "s", missing="skip")
    teacher.check_run({}, SimpleNamespace(dataset=["a", "b", "c"]), 1)
    ask(teacher, [sample("a"), sample("b")])
    with pytest.raises(DataError, match="none of the samples asked for"):
        ask(teacher, [sample("c")])


@pytest.mark.parametrize("missing", ["skip", "uniform"])
def test_a_run_that_finds_nothing_stops_with_both_kinds_of_uid(tmp_path, missing):
    write(tmp_path / "s", [RowKey("P01_1"), RowKey("P01_2")])
    teacher = opened(tmp_path / "s", missing=missing)
    batch = [sample("7")] * 127
    for _ in range(2):
        ask(teacher, batch)
    with pytest.raises(DataError, match="look like '7', the store's like 'P01_"):
        ask(teacher, batch)


def test_top_k_rows_are_spread_or_given_as_a_bucket(tmp_path):
    values = write(tmp_path / "s", top_k=2, classes=5)
    dense = ask(opened(tmp_path / "s"), [sample("4"), sample("0")]).tensors["logits"]
    best = values[[4, 0]].topk(2).indices
    torch.testing.assert_close(dense.gather(1, best), values[[4, 0]].gather(1, best))
    truth = (values[[4, 0]] / 2).softmax(1).gather(1, best)
    torch.testing.assert_close((dense / 2).softmax(1).gather(1, best), truth)
    bucket = opened(tmp_path / "s", tail="bucket", missing="uniform")
    assert bucket.available() == {"logits/ids", "logits/values", "logits/rest"}
    said = ask(bucket, [sample("4"), sample("x")], bucket.available()).tensors
    torch.testing.assert_close(said["logits/rest"][0], 1 - truth[0].sum())
    assert said["logits/ids"][1].tolist() == [0, 1]
    torch.testing.assert_close(said["logits/rest"][1], torch.tensor(0.6))
    flat = ask(opened(tmp_path / "s", missing="uniform"), [sample("x"), sample("1")]).tensors["logits"]
    assert flat[0].tolist() == [-1.0] * 5


def test_an_ensemble_of_stores(tmp_path):
    one, other = write(tmp_path / "a"), write(tmp_path / "b", [RowKey(str(i)) for i in reversed(range(6))])
    teacher = TeacherEnsemble([dict(type="StoredTeacher", store=str(tmp_path / name)) for name in "ab"])
    teacher.prepare("cpu")
    torch.testing.assert_close(ask(teacher, [sample("0")]).tensors["logits"], (one[:1] + other[5:]) / 2)


def test_what_prepare_refuses(tmp_path):
    write(tmp_path / "dense")
    write(tmp_path / "bucket", top_k=2, tail="bucket")
    with pytest.raises(DataError, match=r"weights_hash='bbbb', but .* of a teacher with 'aaaa'"):
        opened(tmp_path / "dense", weights_hash="bbbb")
    with pytest.raises(ConfigError, match=r"holds no \['feat'\]; it holds \['logits'\]"):
        opened(tmp_path / "dense", keys=["logits", "feat"])
    with pytest.raises(ConfigError, match="needs top-k rows"):
        opened(tmp_path / "dense", tail="bucket")
    with pytest.raises(ConfigError, match="meant for tail='bucket'"):
        opened(tmp_path / "bucket")
    with pytest.raises(DataError, match="no stored teacher there"):
        opened(tmp_path / "none")
    for options in (dict(missing="zero"), dict(tail="fat")):
        with pytest.raises(ConfigError, match="accepted: error, skip, uniform and spread"):
            StoredTeacher("x", **options)


REPLAY = dict(views="replay", epochs=2, augmentation=describe_augmentation(config()))


def loader_of(dataset, **sampler):
    return SimpleNamespace(dataset=dataset, batch_sampler=SimpleNamespace(sampler=EpochSampler(dataset, seed=0, **sampler)))


class Rows(list):
    metainfo = {"label_map_hash": "1111"}

    def get_data_info(self, index):
        return {"uid": self[index]}


def test_replayed_views_are_found_by_epoch_and_proved_by_row(tmp_path):
    keys = [RowKey(str(i), epoch, 0, i) for epoch in (0, 1) for i in range(3)]
    values = write(tmp_path / "s", keys, **REPLAY)
    teacher = opened(tmp_path / "s")
    assert teacher.epochs == 2
    said = ask(teacher, [sample("2", epoch=1, index=2, position=9)]).tensors["logits"]
    torch.testing.assert_close(said, values[5:])
    with pytest.raises(DataError, match=r"'2' in epoch 1 is row 0 of the data, .* was row 2"):
        ask(teacher, [sample("2", epoch=1, index=0)])
    with pytest.raises(DataError, match="epoch 2"):
        ask(teacher, [sample("2", epoch=2, index=2)])
    with pytest.raises(DataError, match="is mixed, the store holds single samples"):
        ask(teacher, [sample("2", epoch=1, index=2, mix=dict(partner="1", lam=0.5, box=None))])


def test_mixed_views_are_proved_by_partner_and_share(tmp_path):
    meta = {**REPLAY, "augmentation": describe_augmentation(config(mix=MIX)), "positions": [2], "accuracy": 0.25}
    values = write(tmp_path / "s", [RowKey("0", 0, 1, 0, "1", 0.25), RowKey("1", 0, 0, 1, "0", 0.25)], **meta)
    teacher = opened(tmp_path / "s", gate=dict(min_accuracy=0.5))
    right = dict(epoch=0, index=0, position=1)
    mixed = sample("0", **right, mix=dict(partner="1", lam=0.25, box=None))
    torch.testing.assert_close(ask(teacher, [mixed]).tensors["logits"], values[:1])
    for mix, message in ((dict(partner="0", lam=0.25), "partner '0'.*partner '1'"), (dict(partner="1", lam=0.3), "share 0.3000.*0.2500")):
        with pytest.raises(DataError, match=message):
            ask(teacher, [sample("0", **right, mix=mix)])
    with pytest.raises(DataError, match="is not mixed, the store holds mixed views"):
        ask(teacher, [sample("0", **right)])
    with pytest.raises(ConfigError, match=r"top-1 0\.250 when it was dumped is below"):
        teacher.gate([], None)
    with pytest.raises(ConfigError, match="--processes"):
        teacher.check_run({}, loader_of(Rows("0123")), 2)


def test_the_run_is_compared_with_the_store(tmp_path):
    write(tmp_path / "s", [RowKey(str(i), epoch, 0, i) for epoch in (0, 1) for i in range(3)], label_map_hash="1111", **REPLAY)
    teacher, rows = opened(tmp_path / "s"), Rows("012")
    teacher.check_run(config(), loader_of(rows), 2)
    teacher.check_run(config(), loader_of(rows, recur=2), 9)
    for sampler, epochs, message in ((dict(), 3, "holds 2 epochs of views, the run has 3"), (dict(recur=3), 3, "recur=3, but .* holds 2")):
        with pytest.raises(ConfigError, match=message):
            teacher.check_run(config(), loader_of(rows, **sampler), epochs)
    for other, message in (
        (config(seed=5), "seed was 0 when it was dumped, is 5 here"),
        (config(pipeline=[dict(type="Crop", size=5)]), r"pipelines\[0\]\[0\]\.size was 4 .* is 5 here"),
        (config(mix=MIX), "mix was null"),
    ):
        with pytest.raises(DataError, match=message):
            teacher.check_run(other, loader_of(rows), 2)
    strangers = Rows(["a", "b"])
    with pytest.raises(DataError, match="none of the samples asked for"):
        teacher.check_run(config(), loader_of(strangers), 2)
    strangers.metainfo = {"label_map_hash": "2222"}
    with pytest.raises(DataError, match="label map 1111 of the teacher, 2222 of the data set"):
        teacher.check_run(config(), loader_of(strangers), 2)


def test_single_samples_do_not_teach_mixed_batches(tmp_path):
    write(tmp_path / "s")
    with pytest.raises(DataError, match="holds single samples, this run mixes its batches"):
        opened(tmp_path / "s").check_run(config(mix=MIX), loader_of(Rows("012")), 1)


def test_descriptions():
    described = describe_augmentation(config(mix={**MIX, "block_size": None}, shuffle=False))
    assert described["order"] == {"seed": 0, "shuffle": False, "passes": 1, "block_size": 1, "batch_size": 4}
    compare_augmentation(described, described, "s")
    state = {"b": torch.ones(2), "a": torch.zeros(3, dtype=torch.int64)}
    same = weights_hash({key: state[key].clone() for key in ("a", "b")})
    assert weights_hash(state) == same
    state["b"][1] = 2
    assert weights_hash(state) != same


def test_recurring_epochs_repeat_order_and_keys():
    sampler = EpochSampler(range(7), seed=3, passes=2, recur=2)
    shown = []
    for epoch in range(4):
        sampler.set_epoch(epoch)
        shown.append(list(sampler))
    assert shown[:2] == shown[2:]
    assert shown[0] != shown[1]
    assert {key.epoch for key in shown[3]} == {2, 3}
    with pytest.raises(ConfigError, match="recur=0"):
        EpochSampler(range(7), seed=3, recur=0)
    other = EpochSampler(range(7), seed=3, block_size=2).as_rank(1, 2)
    assert (len(other), other.rank) == (4, 1)
