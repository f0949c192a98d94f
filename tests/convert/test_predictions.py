"""Published prediction dumps into stores."""

import os
import pickle

import numpy as np
import pytest

from mmxkd.apis.store_convert import convert_predictions
from mmxkd.apis.store_info import describe_store
from mmxkd.convert.predictions import read_predictions
from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.errors import DataError

ROWS = np.random.RandomState(0).randn(3, 4, 1).astype(np.float32)


def dump(path, content, protocol=None):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def records(uids=(7, 12, 3)):
    return [
        {"uid": uid, "history": [[1, 2]], "target": 0, "logit_action": row, "LM_feat": np.ones((5, 1), np.float32)}
        for uid, row in zip(uids, ROWS, strict=True)
    ]


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_records_become_a_store(tmp_path, protocol):
    classes = tmp_path / "classes.txt"
    classes.write_text("a\nb\nc\nd\n")
    meta = convert_predictions(dump(tmp_path / "d.pkl", records(), protocol), tmp_path / "s", classes=str(classes), allow_pickle=True)
    store = TeacherStore(tmp_path / "s")
    places = store.find([RowKey("12"), RowKey("3")])
    np.testing.assert_array_equal(store.read("logits", places)["values"], ROWS[[1, 2], :, 0])
    assert store.read("feat", places)["values"].shape == (2, 5)
    assert meta.label_map_hash
    assert "3 rows of 3 samples" in describe_store(tmp_path / "s")


def test_dicts_of_vectors(tmp_path):
    path = dump(tmp_path / "d.pkl", {uid: row[:, 0] for uid, row in zip(("00012", "P01_3", "x"), ROWS, strict=True)})
    uids, tensors = read_predictions(path, "feat", allow_pickle=True)
    assert uids == ["12", "P01_3", "x"]
    np.testing.assert_array_equal(tensors["feat"], ROWS[:, :, 0])


def test_pickles_are_opened_on_demand_and_run_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = dump(tmp_path / "d.pkl", [{**row, "extra": Bomb()} for row in records()])
    with pytest.raises(DataError, match="--allow-pickle"):
        read_predictions(path)
    assert len(read_predictions(path, allow_pickle=True)[0]) == 3
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({12: [1.0], "00012": [2.0]}, r"mixed types: number \(12\), str \('00012'\)"),
        ({"12": [1.0], "012": [2.0]}, "duplicate uid: '12' and '012' are both '12'"),
        ({1: [1.0, np.nan]}, "uid '1' holds NaN"),
        ({1: [1.0], 2: [1.0, 2.0]}, r"uid '2' has shape \(2,\), of uid '1' \(1,\)"),
        ({1: "text"}, "is a str; accepted: numbers"),
        ({"": [1.0]}, "uid ''"),
        ([{"uid": 1, "scores": [1.0]}], r"hold \['scores', 'uid'\]|hold \['uid', 'scores'\]"),
        ([1, 2], "accepted: a list of records"),
        ({}, "accepted: a list of records"),
    ],
)
def test_what_is_no_dump(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_predictions(dump(tmp_path / "d.pkl", content), allow_pickle=True)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(tmp_path / "none.pkl", allow_pickle=True)
    (tmp_path / "text.pkl").write_bytes(b"no pickle")
    with pytest.raises(DataError, match="no readable pickle"):
        read_predictions(tmp_path / "text.pkl", allow_pickle=True)
    classes = tmp_path / "classes.txt"
    classes.write_text("a\nb\n")
    with pytest.raises(DataError, match="names 2"):
        convert_predictions(dump(tmp_path / "d.pkl", records()), tmp_path / "s", classes=str(classes), allow_pickle=True)
