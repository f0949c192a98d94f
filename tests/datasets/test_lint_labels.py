from mmxkd.datasets.label_map import LabelMap
from mmxkd.datasets.lint_labels import check_label_maps
from mmxkd.datasets.lists import VideoRecord


def records(*lines):
    return [VideoRecord(path, label, number) for number, (path, label) in enumerate(lines, 1)]


TRAIN = records(("a/1.mp4", 0), ("a/2.mp4", 0), ("b/1.mp4", 1), ("b/2.mp4", 1))
MAP = LabelMap(["a", "b"], "classes.txt")


def found(lists, label_map=None):
    return list(check_label_maps(lists, label_map))


def test_agreement():
    assert found({"train": TRAIN}) == []
    assert found({"train": TRAIN, "val": records(("b/9.mp4", 1))}, MAP) == []


def test_list_against_the_label_map():
    assert found({"train": TRAIN}, LabelMap(["b", "a"], "classes.txt")) == [
        ("a/1.mp4", "train: 2 videos of folder 'a' have label 0, classes.txt gives it 1"),
        ("b/1.mp4", "train: 2 videos of folder 'b' have label 1, classes.txt gives it 0"),
    ]


def test_one_wrong_label_is_found_with_and_without_label_map():
    lines = [*TRAIN, VideoRecord("b/3.mp4", 0, 5)]
    assert found({"train": lines}) == [("b/3.mp4", "train: 1 videos of folder 'b' have label 0, others have 1 in train")]
    assert found({"train": lines}, MAP) == [("b/3.mp4", "train: 1 videos of folder 'b' have label 0, classes.txt gives it 1")]


def test_two_lists_that_number_differently():
    val = records(("x/b/3.mp4", 0), ("x/a/3.mp4", 1))
    assert [file for file, _ in found({"train": TRAIN, "val": val})] == ["x/b/3.mp4", "x/a/3.mp4"]


def test_a_label_map_of_other_classes():
    assert found({"train": TRAIN}, LabelMap(["a", "c"], "classes.txt")) == [("b/1.mp4", "train: folder 'b' is not a class of classes.txt")]


def test_spelling_of_folders_does_not_matter():
    train = records(("air_drumming/1.mp4", 1), ("Abseiling/1.mp4", 0))
    assert found({"train": train}, LabelMap(["abseiling", "air drumming"])) == []


def test_folders_that_are_no_classes():
    parts = records(*((f"part_{n % 3}/{n}.mp4", n % 2) for n in range(12)))
    assert found({"train": parts}) == []
    assert found({"train": parts}, MAP) == []
    single = records(*((f"train/{n}.mp4", n) for n in range(5)))
    assert found({"train": single}) == []


def test_lists_without_labels():
    assert found({"train": TRAIN, "test": records(("a/9.mp4", None))}, MAP) == []
