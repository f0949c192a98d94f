import pytest

from mmxkd.datasets.hmdb import HMDB51Dataset
from mmxkd.errors import ConfigError, DataError


@pytest.fixture
def hmdb(tmp_path):
    """Two classes whose files sort the other way round than their names."""
    (tmp_path / "videos").mkdir()
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits/climb_test_split1.txt").write_text("a_climb_1.avi 1 \nb_climb_1.avi 2 \nc_climb_1.avi 0 \n")
    (tmp_path / "splits/climb_stairs_test_split1.txt").write_text("#a_climb_stairs_1.avi 2 \nb_climb_stairs_1.avi 1 \n")
    return tmp_path


def rows(data):
    return [data.get_data_info(row) for row in range(len(data))]


def test_flags_and_class_order(hmdb):
    train, test = (HMDB51Dataset(str(hmdb), subset=subset) for subset in ("train", "test"))
    assert train.metainfo["classes"] == ("climb", "climb_stairs")
    assert [(row["uid"], row["label"]) for row in rows(train)] == [("climb/a_climb_1", 0), ("climb_stairs/b_climb_stairs_1", 1)]
    assert [(row["uid"], row["label"]) for row in rows(test)] == [("climb/b_climb_1", 0), ("climb_stairs/#a_climb_stairs_1", 1)]
    assert rows(test)[1]["filename"] == str(hmdb / "videos/climb_stairs/#a_climb_stairs_1.avi")
    assert (train.test_mode, test.test_mode) == (False, True)


def test_unknown_flag(hmdb):
    (hmdb / "splits/climb_test_split1.txt").write_text("a_climb_1.avi 1\nb_climb_1.avi 3\n")
    with pytest.raises(DataError, match=r"climb_test_split1\.txt:2: flag 3 .* accepted: 0 \(unused\)"):
        HMDB51Dataset(str(hmdb))


def test_missing_data_split_and_subset(hmdb):
    with pytest.raises(ConfigError, match=r"HMDB51Dataset: missing .*data_root='nowhere/hmdb51'.*ann_dir='splits'.*docs/data\.md"):
        HMDB51Dataset("nowhere/hmdb51")
    with pytest.raises(ConfigError, match=r"split='4' \(file .*<class>_test_split4\.txt\)"):
        HMDB51Dataset(str(hmdb), split=4)
    with pytest.raises(ConfigError, match="subset='val'"):
        HMDB51Dataset(str(hmdb), subset="val")


@pytest.mark.parametrize("split", [1, 2, 3])
def test_official_hmdb51(shared, tmp_path, split):
    (tmp_path / "videos").mkdir()
    (tmp_path / "splits").symlink_to(shared / "data/video/splits/hmdb51_official")
    train, test = (HMDB51Dataset(str(tmp_path), split=split, subset=subset) for subset in ("train", "test"))
    for data, number in ((train, 70), (test, 30)):
        labels = [row["label"] for row in rows(data)]
        assert len(labels) == 51 * number
        assert {labels.count(label) for label in range(51)} == {number}
    assert not {row["uid"] for row in rows(train)} & {row["uid"] for row in rows(test)}
    known = (shared / "data/video/splits/mmaction2_label_maps/hmdb51.txt").read_text().split()
    assert list(train.metainfo["classes"]) == known
