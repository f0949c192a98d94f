import pytest

from mmxkd.datasets.label_map import LabelMap
from mmxkd.errors import DataError


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "classes.txt"
        path.write_bytes(text.encode())
        return LabelMap.from_file(path)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "walk\nair guitar\nrun, then jump\n",
        "id,name\n0,walk\n1,air guitar\n2,run, then jump\n",
        "1 walk\r\n2 air guitar\r\n3 run, then jump\r\n",
        "\ufeff2,run, then jump\n0,walk\n1,air guitar\n\n",
    ],
)
def test_formats(read, text):
    label_map = read(text)
    assert label_map.classes == ("walk", "air guitar", "run, then jump")
    assert label_map.index("air guitar") == 1
    assert "run" not in label_map
    assert len(label_map) == 3


def test_hash_is_that_of_the_joined_names():
    # printf 'fight\nno_fight' | sha256sum
    assert LabelMap(["fight", "no_fight"]).hash == "3cad26524da9a3cd"
    assert LabelMap(["no_fight", "fight"]).hash != LabelMap(["fight", "no_fight"]).hash


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no class names"),
        ("a\nb\na\n", "'a' occurs twice"),
        ("a\n\nb\n", "class 1 is empty"),
        ("0,a\n2,b\n", r"without gaps or repeats; seen 0\.\.2"),
        ("2 a\n3 b\n", r"run from 0 or 1"),
        ("1 a\n1 b\n", r"repeats; seen 1\.\.1"),
    ],
)
def test_what_is_no_label_map(read, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(text)
    assert "classes.txt" in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"absent\.txt: No such file"):
        LabelMap.from_file(tmp_path / "absent.txt")


def test_published_label_maps(shared):
    splits = shared / "data/video/splits"
    official = LabelMap.from_file(splits / "ucf101_official/classInd.txt")
    assert official.classes == LabelMap.from_file(splits / "mmaction2_label_maps/ucf101.txt").classes
    assert (len(official), official.index("ApplyEyeMakeup"), official.index("YoYo")) == (101, 0, 100)
    byte_order = LabelMap.from_file(splits / "dvfl_net/ucf101/labels.csv")
    moved = {name for label, name in enumerate(official.classes) if byte_order.classes[label] != name}
    assert moved == {"HammerThrow", "Hammering", "JumpRope", "JumpingJack"}
    assert official.hash != byte_order.hash
