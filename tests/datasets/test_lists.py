import pytest

from mmxkd.datasets.lists import VideoRecord, read_list, write_list
from mmxkd.errors import DataError


def test_both_formats_and_paths_with_blanks_and_commas(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"a/b.mp4 0\r\nc,d/e f.avi 12\r\n\r\ng h,i.avi,3\r\nj.avi, 4 \r\n#20_clap.avi 1 \r\n")
    assert read_list(path) == [
        VideoRecord("a/b.mp4", 0, 1),
        VideoRecord("c,d/e f.avi", 12, 2),
        VideoRecord("g h,i.avi", 3, 4),
        VideoRecord("j.avi", 4, 5),
        VideoRecord("#20_clap.avi", 1, 6),
    ]


@pytest.mark.parametrize("line", ["path,label", "a.mp4", "a.mp4 1.5", "7", "a.mp4 fight", " 3"])
def test_a_line_without_an_integer_label_is_named(tmp_path, line):
    path = tmp_path / "list.txt"
    path.write_text(f"a.mp4 0\n{line}\n")
    with pytest.raises(DataError, match=r"list\.txt:2: .*path label"):
        read_list(path)


def test_labels_may_be_left_out_where_they_are_not_required(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a b.mp4\nc.mp4 2\n")
    assert read_list(path, label_required=False) == [VideoRecord("a b.mp4", None, 1), VideoRecord("c.mp4", 2, 2)]


def test_empty_and_unreadable_lists(tmp_path):
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"empty\.txt: the list is empty"):
        read_list(tmp_path / "empty.txt")
    with pytest.raises(DataError, match=r"binary\.txt: not a UTF-8 text file"):
        read_list(tmp_path / "binary.txt")
    with pytest.raises(DataError, match=r"absent\.txt: No such file"):
        read_list(tmp_path / "absent.txt")


def test_what_is_written_is_read_back(tmp_path):
    records = [VideoRecord("a b/c,d.mp4", 0, 1), VideoRecord("e.mp4", 7, 2)]
    write_list(tmp_path / "new" / "list.txt", records)
    assert (tmp_path / "new" / "list.txt").read_bytes() == b"a b/c,d.mp4 0\ne.mp4 7\n"
    assert read_list(tmp_path / "new" / "list.txt") == records


@pytest.mark.parametrize("record", [VideoRecord("a.mp4", None), VideoRecord("a\nb.mp4", 1)])
def test_what_the_format_cannot_hold_is_not_written(tmp_path, record):
    with pytest.raises(ValueError, match="cannot be written"):
        write_list(tmp_path / "list.txt", [record])
    assert not (tmp_path / "list.txt").exists()
