import pytest

from mmxkd.datasets.groups import group_of
from mmxkd.datasets.ucf import UCF50Dataset, UCF101Dataset
from mmxkd.errors import ConfigError, DataError

CLASSES = ("HandstandPushups", "JumpRope", "jog")


@pytest.fixture
def ucf101(tmp_path):
    """A folder laid out like UCF101: CRLF ends, numbers from 1, a class whose files are spelt differently."""
    (tmp_path / "videos").mkdir()
    splits = tmp_path / "splits"
    splits.mkdir()
    name = "{0}/v_{1}_g{2:02d}_c01.mp4"
    spelt = {**{c: c for c in CLASSES}, "HandstandPushups": "HandStandPushups"}
    (splits / "classInd.txt").write_bytes("".join(f"{n} {c}\r\n" for n, c in enumerate(CLASSES, 1)).encode())
    train = [f"{name.format(c, spelt[c], g)} {n}\r\n" for n, c in enumerate(CLASSES, 1) for g in (3, 4)]
    test = [f"{name.format(c, spelt[c], g)}\r\n" for c in CLASSES for g in (1, 2)]
    (splits / "trainlist01.txt").write_bytes("".join(train).encode())
    (splits / "testlist01.txt").write_bytes("".join(test).encode())
    return tmp_path


def rows(data):
    return [data.get_data_info(row) for row in range(len(data))]


def test_both_subsets_take_the_class_from_the_folder(ucf101):
    train, test = (UCF101Dataset(str(ucf101), subset=subset) for subset in ("train", "test"))
    for data in (train, test):
        assert [row["label"] for row in rows(data)] == [0, 0, 1, 1, 2, 2]
        assert data.metainfo["classes"] == CLASSES
    first = rows(test)[0]
    assert first["uid"] == "HandstandPushups/v_HandStandPushups_g01_c01"
    assert first["filename"] == str(ucf101 / "videos/HandstandPushups/v_HandStandPushups_g01_c01.mp4")
    assert test.test_mode
    assert not train.test_mode
    assert not UCF101Dataset(str(ucf101), subset="test", test_mode=False).test_mode


def test_a_number_that_contradicts_the_folder(ucf101):
    path = ucf101 / "splits/trainlist01.txt"
    path.write_text(path.read_text().replace("v_jog_g04_c01.mp4 3", "v_jog_g04_c01.mp4 2"))
    with pytest.raises(DataError, match=r"trainlist01\.txt:6: number 2 .* contradicts its folder, .* number 3"):
        UCF101Dataset(str(ucf101))


def test_a_folder_that_is_no_class(ucf101):
    (ucf101 / "splits/testlist01.txt").write_text("Jog/v_Jog_g01_c01.mp4\n")
    with pytest.raises(DataError, match=r"testlist01\.txt:1: folder 'Jog' .* not among the 3 names of .*classInd\.txt"):
        UCF101Dataset(str(ucf101), subset="test")


def test_labelled_list(ucf101):
    (ucf101 / "splits/labelled.txt").write_text("jog/v_jog_g03_c01.mp4 2\n")
    assert [row["label"] for row in rows(UCF101Dataset(str(ucf101), labelled="splits/labelled.txt"))] == [-1, -1, -1, -1, 2, -1]


def test_missing_data_and_missing_split(ucf101, tmp_path):
    with pytest.raises(ConfigError, match=r"UCF101Dataset: missing .*data_root='nowhere/ucf101'.*ann_dir='splits'.*docs/data\.md"):
        UCF101Dataset("nowhere/ucf101")
    with pytest.raises(ConfigError, match=r"ann_dir='splits' \(file .*splits/trainlist02\.txt\)"):
        UCF101Dataset(str(ucf101), split=2)
    with pytest.raises(ConfigError, match=r"subset='val'; accepted: 'train', 'test'"):
        UCF101Dataset(str(ucf101), subset="val")


@pytest.mark.parametrize(("split", "train", "test"), [(1, 9537, 3783), (2, 9586, 3734), (3, 9624, 3696)])
def test_official_ucf101(shared, tmp_path, split, train, test):
    (tmp_path / "videos").mkdir()
    (tmp_path / "splits").symlink_to(shared / "data/video/splits/ucf101_official")
    parts = [rows(UCF101Dataset(str(tmp_path), split=split, subset=subset)) for subset in ("train", "test")]
    assert [len(part) for part in parts] == [train, test]
    assert all({row["label"] for row in part} == set(range(101)) for part in parts)
    units = [{(row["label"], group_of(row["uid"])) for row in part} for part in parts]
    assert not units[0] & units[1]
    handstand = {row["label"] for part in parts for row in part if "v_HandStandPushups_" in row["uid"]}
    assert handstand == {36}, "0-based place of HandstandPushups in classInd.txt"


@pytest.fixture
def ucf50(tmp_path):
    """Three classes with 25 groups, one of which goes on to group 28."""
    for name, groups in (("Zumba", 25), ("JumpRope", 28), ("jog", 25)):
        folder = tmp_path / "videos" / name
        folder.mkdir(parents=True)
        for group in range(1, groups + 1):
            for clip in (1, 2):
                (folder / f"v_{name}_g{group:02d}_c{clip:02d}.avi").touch()
    return str(tmp_path)


@pytest.mark.parametrize(("protocol", "folds"), [("logo25", 25), ("logo5", 5)])
def test_every_video_is_tested_once_and_no_group_is_split(ucf50, protocol, folds):
    tested = []
    for fold in range(1, folds + 1):
        train, test = (rows(UCF50Dataset(ucf50, protocol, fold, subset, serialize_data=False)) for subset in ("train", "test"))
        units = [{(row["label"], group_of(row["uid"])) for row in part} for part in (train, test)]
        assert not units[0] & units[1]
        assert len(train) + len(test) == 156
        assert {row["label"] for row in test} == {0, 1, 2}
        tested += [row["uid"] for row in test]
    assert len(tested) == len(set(tested)) == 156


def test_folds_are_the_groups_they_say(ucf50):
    def groups(protocol, fold):
        return sorted({group_of(row["uid"]) for row in rows(UCF50Dataset(ucf50, protocol, fold, "test"))})

    assert groups("logo25", 24) == [24]
    assert groups("logo25", 2) == [2, 27]
    assert groups("logo5", 5) == [21, 22, 23, 24, 25]
    assert groups("logo5", 1) == [1, 2, 3, 4, 5, 26, 27, 28]


def test_ucf50_classes_are_in_byte_order(ucf50):
    data = UCF50Dataset(ucf50, subset="test")
    assert data.metainfo["classes"] == ("JumpRope", "Zumba", "jog")
    assert data.test_mode


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(protocol="logo"), r"protocol='logo'; accepted: logo25, logo5"),
        (dict(fold=6), r"fold=6 of protocol 'logo5'; accepted: 1\.\.5"),
        (dict(fold=0), r"fold=0"),
        (dict(subset="val"), r"subset='val'"),
    ],
)
def test_unknown_protocols(ucf50, options, message):
    with pytest.raises(ConfigError, match=message):
        UCF50Dataset(ucf50, **options)


def test_ucf50_without_videos_or_groups(tmp_path):
    with pytest.raises(ConfigError, match=r"UCF50Dataset: missing .*data_root='nowhere/ucf50'.*video_dir='videos'"):
        UCF50Dataset("nowhere/ucf50")
    (tmp_path / "videos/jog").mkdir(parents=True)
    (tmp_path / "videos/jog/1.avi").touch()
    with pytest.raises(DataError, match=r"jog/1\.avi: the file name carries no recording group"):
        UCF50Dataset(str(tmp_path))


def test_what_the_layout_settles_cannot_be_given(ucf50):
    with pytest.raises(TypeError, match="classes"):
        UCF50Dataset(ucf50, classes=["a"])
    with pytest.raises(TypeError, match="num_classes"):
        UCF101Dataset(num_classes=101)
