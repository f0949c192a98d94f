import pytest

from mmxkd.datasets.folders import scan_class_folders
from mmxkd.errors import DataError


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_classes_in_byte_order_and_videos_at_any_depth(tmp_path):
    touch(tmp_path, "b/2.MP4", "b/deep/1.avi", "b/notes.txt", "B/x.webm", ".cache/y.mp4", "b/.hidden.mp4", "loose.mp4")
    found = scan_class_folders(tmp_path)
    assert found == {"B": ["B/x.webm"], "b": ["b/2.MP4", "b/deep/1.avi"]}
    assert list(found) == ["B", "b"]


def test_a_class_without_videos_is_named(tmp_path):
    touch(tmp_path, "a/1.mp4", "b/readme.txt")
    with pytest.raises(DataError, match=r"b: class folder without a video"):
        scan_class_folders(tmp_path)


def test_no_folder_and_no_class_folders(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        scan_class_folders(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no class folders"):
        scan_class_folders(tmp_path)
