"""Stores written and read: formats, tails, repeats, interruption, damage."""

import json
import pickle

import numpy as np
import pytest
import torch

from mmxkd.distill.losses.kl_divergence import kl_divergence
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.merge import merge_stores, read_dense
from mmxkd.distill.store.meta import StoreMeta
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.distill.store.records import RecordFormat
from mmxkd.distill.store.tails import densify
from mmxkd.distill.store.writer import StoreWriter
from mmxkd.errors import ConfigError, DataError


@pytest.mark.parametrize(("dtype", "rtol"), [("fp32", 0), ("fp16", 1e-3)])
def test_rows_come_back_by_uid_in_any_order(stores, tmp_path, dtype, rtol):
    values = stores.write(tmp_path / "s", dtype=dtype)
    store = TeacherStore(tmp_path / "s")
    places = store.find([RowKey(uid) for uid in ("s3", "nobody", "s0")])
    assert (places >= 0).tolist() == [True, False, True]
    np.testing.assert_allclose(store.read("logits", places[[0, 2]])["values"], values[[3, 0]], rtol=rtol)
    assert [key.uid for key in store.row_keys(places[[0, 2]])] == ["s3", "s0"]
    again = pickle.loads(pickle.dumps(store))
    assert again.find([RowKey("s3")]) == places[0]


def test_epoch_and_position_are_part_of_the_key(stores, tmp_path):
    keys = [RowKey("a", epoch, position, 0) for epoch in (0, 1) for position in (3, 4)]
    values = stores.write(tmp_path / "s", stores.values(4), keys=keys)
    store = TeacherStore(tmp_path / "s")
    np.testing.assert_array_equal(store.read("logits", store.find(keys))["values"], values)
    assert store.find([RowKey("a", 2, 3), RowKey("a", 0, 5)]).tolist() == [-1, -1]


def test_several_keys_and_shapes(tmp_path):
    formats = {"logits/verb": RecordFormat((3,)), "feat": RecordFormat((2, 4), "fp32")}
    writer = StoreWriter(tmp_path / "s", StoreMeta({}, "val", formats))
    said = {"logits/verb": np.eye(3, dtype=np.float32), "feat": np.arange(24, dtype=np.float32).reshape(3, 2, 4)}
    writer.write_part(0, [RowKey(uid) for uid in "abc"], said)
    writer.finish([0])
    store = TeacherStore(tmp_path / "s")
    places = store.find([RowKey("c")])
    assert store.keys == set(formats)
    np.testing.assert_array_equal(store.read("feat", places)["values"][0], said["feat"][2])
    np.testing.assert_array_equal(store.read("logits/verb", places)["values"][0], [0, 0, 1])
    with pytest.raises(DataError, match=r"no 'logits'; it holds \['feat', 'logits/verb'\]"):
        store.read("logits", places)


def test_tails_keep_what_they_promise(stores, tmp_path):
    values = stores.write(tmp_path / "s", top_k=2, temperature=2.0)
    store = TeacherStore(tmp_path / "s")
    places = store.find([RowKey(f"s{i}") for i in range(5)])
    parts = {name: torch.from_numpy(array) for name, array in store.read("logits", places).items()}
    truth = (torch.from_numpy(values) / 2).softmax(1)
    spread = densify(parts["values"], parts["ids"], parts["rest"], 6, 2.0, "spread")
    kept = truth.gather(1, parts["ids"])
    torch.testing.assert_close((spread / 2).softmax(1).gather(1, parts["ids"]), kept)
    others = (spread / 2).softmax(1).scatter(1, parts["ids"], 0)
    torch.testing.assert_close(others.sum(1), 1 - kept.sum(1))
    assert (others.max(1).values - others.sum(1) / 4).abs().max() < 1e-6
    alone = densify(parts["values"], parts["ids"], parts["rest"], 6, 2.0, "renormalise")
    torch.testing.assert_close((alone / 2).softmax(1).gather(1, parts["ids"]), kept / kept.sum(1, keepdim=True))
    loss = kl_divergence(torch.randn(5, 6), alone, torch.ones(5, dtype=torch.bool), 2.0)
    assert torch.isfinite(loss)
    mass = store.meta.mass["logits"]
    assert mass["mean"] == pytest.approx(kept.sum(1).mean().item(), abs=1e-6)
    assert mass["min"] == pytest.approx(kept.sum(1).min().item(), abs=1e-6)


def test_histories_of_a_uid_are_averaged_before_anything_is_cut(stores, tmp_path):
    values = stores.values(4)
    stores.write(tmp_path / "s", values, uids=["a", "b", "a", "a"], repeats="average", dtype="fp32")
    store = TeacherStore(tmp_path / "s")
    assert (store.meta.count, store.meta.samples) == (2, 4)
    place = store.find([RowKey("a")])
    np.testing.assert_allclose(store.read("logits", place)["values"][0], values[[0, 2, 3]].mean(0), rtol=1e-6)


def test_a_duplicate_uid_is_an_error_and_the_same_sample_twice_is_not(stores, tmp_path):
    with pytest.raises(DataError, match="duplicate uid 'a': 2 rows"):
        stores.write(tmp_path / "one", stores.values(3), uids=["a", "b", "a"])
    keys = [RowKey("a", 0, 0, 7), RowKey("b", 0, 0, 8), RowKey("a", 0, 0, 7)]
    stores.write(tmp_path / "two", stores.values(3), keys=keys, repeats="first")
    assert len(TeacherStore(tmp_path / "two")) == 2
    with pytest.raises(DataError, match=r"duplicate uid 'a'.*rows \[7, 9\]"):
        stores.write(tmp_path / "three", stores.values(2), keys=[keys[0], RowKey("a", 0, 0, 9)], repeats="first")


def test_what_cannot_be_stored_names_the_sample(stores, tmp_path):
    values = stores.values(3)
    values[2, 1] = np.nan
    with pytest.raises(DataError, match="NaN or infinity about 's2'"):
        stores.write(tmp_path / "nan", values)
    values[2, 1] = 1e6
    with pytest.raises(DataError, match="does not fit into fp16; dump with --dtype fp32"):
        stores.write(tmp_path / "large", values, dtype="fp16")
    with pytest.raises(DataError, match=r"gives .* the store holds"):
        RecordFormat((4,)).encode(np.zeros((1, 5), np.float32), ["s"])
    with pytest.raises(DataError, match="accepted: at most 1024 bytes"):
        stores.write(tmp_path / "long", stores.values(1), uids=["x" * 2000])


@pytest.mark.parametrize("options", [dict(dtype="int8"), dict(top_k=6), dict(top_k=0), dict(temperature=0.0), dict(shape=(2, 3), top_k=1)])
def test_formats_that_make_no_sense(options):
    with pytest.raises(ConfigError, match="store"):
        RecordFormat(**{"shape": (6,), **options})


def test_an_interrupted_dump_is_continued(stores, tmp_path):
    values, meta = stores.values(4), StoreMeta(stores.teacher, "train", {"logits": RecordFormat((6,), "fp32")})
    writer = StoreWriter(tmp_path / "s", meta)
    writer.write_part(1, [RowKey("c"), RowKey("d")], {"logits": values[2:]})
    (writer.partial / "part0000000.123.tmp").write_bytes(b"half a part")
    with pytest.raises(DataError, match=r"1 of 2 parts were never written \(\[0\]\)"):
        writer.finish([0, 1])
    with pytest.raises(DataError, match="begun and not finished"):
        TeacherStore(tmp_path / "s")
    with pytest.raises(DataError, match=r"begun with teacher=.*aaaa.* now teacher=.*bbbb"):
        StoreWriter(tmp_path / "s", StoreMeta({**stores.teacher, "weights_hash": "bbbb"}, "train", meta.formats))
    again = StoreWriter(tmp_path / "s", meta)
    assert [again.has_part(number) for number in (0, 1)] == [False, True]
    again.write_part(0, [RowKey("a"), RowKey("b")], {"logits": values[:2]})
    again.finish([0, 1])
    store = TeacherStore(tmp_path / "s")
    np.testing.assert_array_equal(store.read("logits", store.find([RowKey(uid) for uid in "abcd"]))["values"], values)
    assert not again.partial.exists()
    with pytest.raises(DataError, match="exists already"):
        StoreWriter(tmp_path / "s", meta)


@pytest.mark.parametrize("name", ["keys.npy", "rows.npy", "logits.npy"])
def test_a_truncated_or_missing_file_is_named(stores, tmp_path, name):
    stores.write(tmp_path / "s")
    path = tmp_path / "s" / name
    whole = path.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b"", whole + b"\0"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=name):
            TeacherStore(tmp_path / "s")
    path.unlink()
    with pytest.raises(DataError, match=name):
        TeacherStore(tmp_path / "s")


def test_meta_cannot_be_changed_unnoticed(stores, tmp_path):
    stores.write(tmp_path / "s")
    path = tmp_path / "s/meta.json"
    meta = json.loads(path.read_text())
    path.write_text(json.dumps({**meta, "label_map_hash": "beef"}))
    with pytest.raises(DataError, match="changed by hand"):
        TeacherStore(tmp_path / "s")
    path.write_text(json.dumps({**meta, "schema": 99}))
    with pytest.raises(DataError, match="schema 99"):
        TeacherStore(tmp_path / "s")
    path.write_text("[]")
    with pytest.raises(DataError, match="no description"):
        TeacherStore(tmp_path / "s")
    with pytest.raises(DataError, match="no stored teacher there"):
        TeacherStore(tmp_path / "nowhere")


def test_merging(stores, tmp_path):
    one, other = stores.write(tmp_path / "a"), stores.write(tmp_path / "b", stores.values(5, 1), dtype="fp16")
    expected = {"mean": (one + other) / 2, "max": np.maximum(one, other), "weighted": 0.75 * one + 0.25 * other}
    for reduce, values in expected.items():
        weights = [3, 1] if reduce == "weighted" else None
        meta = merge_stores([tmp_path / "a", tmp_path / "b"], tmp_path / reduce, reduce, weights, "fp32")
        store = TeacherStore(tmp_path / reduce)
        places = store.find([RowKey(f"s{i}") for i in range(5)])
        np.testing.assert_allclose(store.read("logits", places)["values"], values, atol=3e-3)
        assert meta.teacher["weights_hash"] != stores.teacher["weights_hash"]
    stores.write(tmp_path / "top", top_k=3)
    merge_stores([tmp_path / "a", tmp_path / "top"], tmp_path / "cut", top_k=2)
    assert TeacherStore(tmp_path / "cut").meta.formats["logits"].top_k == 2
    dense = read_dense(TeacherStore(tmp_path / "top"), "logits", np.arange(5))
    assert dense.shape == (5, 6)


def test_stores_that_do_not_go_together(stores, tmp_path):
    stores.write(tmp_path / "a", label_map_hash="1111")
    stores.write(tmp_path / "uids", uids=["x0", "x1", "x2", "x3", "x4"])
    stores.write(tmp_path / "labels", label_map_hash="2222")
    stores.write(tmp_path / "split", split="val")
    for name, message in (("uids", "not about the same samples"), ("labels", "has 1111, .* has 2222"), ("split", "train and val")):
        with pytest.raises(DataError, match=message):
            merge_stores([tmp_path / "a", tmp_path / name], tmp_path / "out")
    for reduce, weights in (("median", None), ("weighted", None), ("weighted", [1]), ("mean", [1, 1])):
        with pytest.raises(ConfigError, match="accepted"):
            merge_stores([tmp_path / "a", tmp_path / "a"], tmp_path / "out", reduce, weights)


def test_many_rows_open_at_once(stores, tmp_path):
    import time

    count = 20000
    stores.write(tmp_path / "s", stores.values(count), dtype="fp16", top_k=2)
    start = time.process_time()
    store = TeacherStore(tmp_path / "s")
    assert time.process_time() - start < 0.1
    assert (store.find([RowKey(f"s{i}") for i in range(0, count, 997)]) >= 0).all()
