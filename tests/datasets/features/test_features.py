import io
import multiprocessing
import pickle

import h5py
import lmdb
import numpy as np
import pytest
import torch

from mmxkd.datasets.features import READERS, WRITERS, build_feature_store, build_feature_writer, open_feature_store
from mmxkd.datasets.features.lmdb_stores import close_environment, open_environment
from mmxkd.errors import ConfigError, DataError

KINDS = list(WRITERS)


def values(seed, count, width=4):
    return np.random.RandomState(seed).standard_normal((count, width)).astype(np.float32)


def written(path, kind, **arrays):
    with build_feature_writer(path, kind) as writer:
        for name, array in arrays.items():
            writer.write(name, array)
    return dict(type=READERS[kind], path=str(path))


def put(path, items):
    environment = lmdb.open(str(path))
    with environment.begin(write=True) as transaction:
        for key, value in items.items():
            transaction.put(key.encode(), value)
    environment.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_back(tmp_path, kind):
    store = build_feature_store(written(tmp_path / "store", kind, a=values(0, 5), b_1=values(1, 3), b_10=values(2, 2)))
    assert store.names() == ["a", "b_1", "b_10"]
    assert "a" in store
    assert "b" not in store
    assert [store.length(name) for name in store.names()] == [5, 3, 2]
    assert store.dim == 4
    first = 1 if kind == "rulstm" else 0
    for name, expected in (("a", values(0, 5)), ("b_1", values(1, 3)), ("b_10", values(2, 2))):
        np.testing.assert_array_equal(store.read(name), expected)
        np.testing.assert_array_equal(store.frames(name), np.arange(len(expected)) + first)
    some = store.read("a", np.array([4, 1, 1]))
    np.testing.assert_array_equal(some, values(0, 5)[np.array([4, 1, 1]) - first])
    assert some.dtype == np.float32
    assert some.flags.writeable
    assert store.read("a", np.array([], dtype=int)).shape == (0, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_or_frame_that_is_not_there_is_named(tmp_path, kind):
    store = build_feature_store(written(tmp_path / "store", kind, a=values(0, 5)))
    with pytest.raises(DataError, match=r"store: no features of 'absent'"):
        store.read("absent")
    with pytest.raises(DataError, match=r"'?a"):
        store.read("a", np.array([2, 9]))
    with pytest.raises(DataError, match=r"'?a"):
        store.read("a", np.array([-1]))
    with pytest.raises(ValueError, match="whole numbers"):
        store.read("a", np.array([0.5]))


@pytest.mark.parametrize("kind", KINDS)
def test_numeric_ids_are_one_name_however_they_are_written(tmp_path, kind):
    store = build_feature_store(written(tmp_path / "store", kind, **{"12": values(0, 2)}))
    for name in ("00012", 12, 12.0, "12"):
        np.testing.assert_array_equal(store.read(name), values(0, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_writing_resumes(tmp_path, kind):
    written(tmp_path / "store", kind, a=values(0, 5))
    with build_feature_writer(tmp_path / "store", kind) as writer:
        assert "a" in writer
        assert "b" not in writer
        writer.write("b", values(1, 2))
    assert build_feature_store(dict(type=READERS[kind], path=tmp_path / "store")).names() == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_width_is_named(tmp_path, kind):
    config = written(tmp_path / "store", kind, a=values(0, 5))
    with pytest.raises(DataError, match=r"store.*'?a.*dim=7"):
        build_feature_store(dict(config, dim=7)).read("a")


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_could_not_be_read_are_not_written(tmp_path, kind):
    with build_feature_writer(tmp_path / "store", kind) as writer:
        for bad in (np.full((2, 3), np.nan), np.zeros(3), np.zeros((1, 2, 3))):
            with pytest.raises(ValueError, match="finite and"):
                writer.write("a", bad)
        for name in ("", "a/b", ".a"):
            with pytest.raises(ValueError, match="cannot be the name"):
                writer.write(name, values(0, 1))
        assert "a" not in writer


def _npz(array, key="features"):
    buffer = io.BytesIO()
    np.savez(buffer, **{key: array})
    return buffer.getvalue()


def _spoil(path, kind, array):
    """Write ``array`` past the writer's checks."""
    if kind == "rulstm":
        put(path, {f"a_frame_{1:010d}.jpg": array.tobytes()})
    elif kind == "npz-lmdb":
        put(path, {"a": _npz(array)})
    elif kind == "npy":
        path.mkdir()
        np.save(path / "a.npy", array)
    elif kind == "pt":
        path.mkdir()
        torch.save(torch.from_numpy(array), path / "a.pt")
    else:
        with h5py.File(path, "w") as file:
            file["a"] = array
    return build_feature_store(dict(type=READERS[kind], path=path))


@pytest.mark.parametrize("kind", KINDS)
def test_nan_is_named(tmp_path, kind):
    store = _spoil(tmp_path / "store", kind, np.array([[0.0, np.nan]], np.float32))
    with pytest.raises(DataError, match=r"'a' hold NaN.*row 0 of 1"):
        store.read("a")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "rulstm"])
def test_whole_numbers_and_other_shapes_are_no_features(tmp_path, kind):
    with pytest.raises(DataError, match=r"'a' are of type int64"):
        _spoil(tmp_path / "whole", kind, np.zeros((2, 2), np.int64)).read("a")
    with pytest.raises(DataError, match=r"'a' have the shape \(1, 2, 2\)"):
        _spoil(tmp_path / "deep", kind, np.zeros((1, 2, 2), np.float32)).read("a")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "rulstm"])
def test_a_vector_is_one_row_and_half_precision_becomes_float32(tmp_path, kind):
    value = _spoil(tmp_path / "store", kind, np.array([1.0, 2.0], np.float16)).read("a")
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, [[1.0, 2.0]])


@pytest.mark.parametrize("kind", ["npz-lmdb", "npy", "pt", "hdf5"])
def test_a_value_that_is_cut_off_is_named(tmp_path, kind):
    config = written(tmp_path / "store", kind, a=values(0, 500))
    path = tmp_path / "store"
    if kind == "npz-lmdb":
        put(path, {"a": _npz(values(0, 500))[:900]})
    else:
        file = path if kind == "hdf5" else next(path.glob("a.*"))
        file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(DataError, match="store"):
        build_feature_store(config).read("a")


def test_a_truncated_vector_of_a_frame_is_named(tmp_path):
    put(tmp_path / "store", {f"a_frame_{1:010d}.jpg": b"\0" * 7, f"b_frame_{1:010d}.jpg": b"\0" * 8, f"b_frame_{2:010d}.jpg": b"\0" * 4})
    store = build_feature_store(dict(type="RULSTMFeatures", path=tmp_path / "store"))
    with pytest.raises(DataError, match=r"'a_frame_0000000001.jpg' holds 7 bytes"):
        store.read("a")
    with pytest.raises(DataError, match=r"'b_frame_0000000002.jpg' is 1 wide, other frames 2"):
        store.read("b")


def test_missing_frames_look_back_then_become_zeros_and_are_counted(tmp_path):
    with build_feature_writer(tmp_path / "store", "rulstm") as writer:
        writer.write("a", values(0, 2), np.array([3, 20]))
    config = dict(type="RULSTMFeatures", path=tmp_path / "store")
    published = build_feature_store(dict(config, lookback=9, absent="zeros"))
    got = published.read("a", np.array([3, 12, 13, 20, 25, 2]))
    expected = values(0, 2)
    np.testing.assert_array_equal(got, [expected[0], expected[0], np.zeros(4), expected[1], expected[1], np.zeros(4)])
    assert (published.missing.frames, published.missing.replaced, published.missing.zeros) == (6, 2, 2)
    np.testing.assert_array_equal(published.read("a", np.array([1])), np.zeros((1, 4)))
    with pytest.raises(DataError, match=r"no 'a_frame_0000000013.jpg' or 9 frames before"):
        build_feature_store(dict(config, lookback=9)).read("a", np.array([13]))
    with pytest.raises(ConfigError, match=r"absent='nothing'; accepted: 'error', 'zeros'"):
        build_feature_store(dict(config, absent="nothing"))


def test_token_features_come_before_features(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, features=np.zeros((1, 2), np.float32), token_features=np.ones((3, 2), np.float32))
    put(tmp_path / "store", {"q": buffer.getvalue(), "other": _npz(values(0, 1), "tokens")})
    store = build_feature_store(dict(type="NpzLMDBFeatures", path=tmp_path / "store"))
    assert store.read("q").shape == (3, 2)
    assert build_feature_store(dict(type="NpzLMDBFeatures", path=tmp_path / "store", arrays=["features"])).read("q").shape == (1, 2)
    with pytest.raises(DataError, match=r"'other' holds \['tokens'\]"):
        store.read("other")


def test_several_stores_are_side_by_side(tmp_path):
    left = written(tmp_path / "left", "rulstm", a=values(0, 5), b=values(1, 2))
    right = written(tmp_path / "right", "rulstm", a=values(2, 5, 3))
    store = build_feature_store([left, right])
    assert store.names() == ["a"]
    assert store.dim == 7
    np.testing.assert_array_equal(store.read("a", np.array([2, 1])), np.concatenate([values(0, 5), values(2, 5, 3)], 1)[[1, 0]])
    assert build_feature_store([left]).dim == 4
    other = written(tmp_path / "other", "npy", a=values(0, 4))
    with pytest.raises(DataError, match=r"'a' has \[5, 4\] frames"):
        build_feature_store([left, other]).read("a")


def test_stores_of_one_lmdb_share_its_handle_and_pickle_without_it(tmp_path):
    config = written(tmp_path / "store", "npz-lmdb", a=values(0, 5))
    train, val = build_feature_store(config), build_feature_store(config)
    np.testing.assert_array_equal(train.read("a"), val.read("a"))
    assert open_environment(train.path) is open_environment(f"{tmp_path}/./store")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(train)).read("a"), values(0, 5))
    close_environment(train.path)


def _sum(store):
    return float(store.read("a").sum())


@pytest.mark.parametrize("kind", ["rulstm", "hdf5"])
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_open_their_own(tmp_path, kind, start):
    store = build_feature_store(written(tmp_path / "store", kind, a=values(0, 5)))
    expected = _sum(store)
    with multiprocessing.get_context(start).Pool(2) as pool:
        assert pool.map(_sum, [store, store]) == [expected, expected]


def test_a_map_that_is_full_grows(tmp_path, monkeypatch):
    real = lmdb.open
    monkeypatch.setattr(
        lmdb, "open", lambda path, **options: real(path, **(options | ({"map_size": 1 << 16} if "map_size" in options else {})))
    )
    config = written(tmp_path / "store", "rulstm", a=values(0, 600, 64))
    assert build_feature_store(config).length("a") == 600


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file or folder"):
        build_feature_store(dict(type="NpyFeatures", path=tmp_path / "absent"))
    with pytest.raises(ConfigError, match=r"accepted: a dict with type"):
        build_feature_store("features")
    with pytest.raises(ConfigError, match=r"is no feature store"):
        build_feature_store(dict(type="VideoDataset", ann_file="x", lazy_init=True))
    with pytest.raises(ConfigError, match=r"feature format 'zip'; accepted: rulstm"):
        build_feature_writer(tmp_path / "store", "zip")
    (tmp_path / "file").write_text("no")
    with pytest.raises(DataError, match=r"not a whole HDF5"):
        build_feature_store(dict(type="HDF5Features", path=tmp_path / "file")).names()
    with pytest.raises(DataError, match=r"not a readable LMDB"):
        build_feature_store(dict(type="RULSTMFeatures", path=tmp_path / "file")).names()
    with pytest.raises(ConfigError, match=r"not a folder"):
        build_feature_store(dict(type="NpyFeatures", path=tmp_path / "file"))


def test_a_store_is_opened_by_what_is_there(tmp_path):
    for kind in KINDS:
        written(tmp_path / kind, kind, a=values(0, 3))
        store = open_feature_store(tmp_path / kind)
        assert type(store).__name__ == READERS[kind]
        np.testing.assert_array_equal(store.read("a"), values(0, 3))
    (tmp_path / "empty").mkdir()
    for nothing in ("empty", "absent"):
        with pytest.raises(ConfigError, match="no feature store"):
            open_feature_store(tmp_path / nothing)
