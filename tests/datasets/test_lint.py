"""The linter, by its function and its command line."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from mmxkd.datasets.lint import lint_lists
from mmxkd.errors import ConfigError


@pytest.fixture(scope="module")
def world(tmp_path_factory, films):
    """A folder with one good video per class and one of each kind of bad one."""
    root = tmp_path_factory.mktemp("world")
    films.write(root / "a/good.mp4")
    films.write(root / "b/good.mp4")
    films.damage(films.write(root / "a/damaged.mp4", frames=60))
    films.write_audio(root / "a/sound.mp4")
    films.write(root / "b/one.mp4", frames=1)
    films.write(root / "b/xvid.avi", frames=60, codec="mpeg4", b_frames=2)
    (root / "b/text.mp4").write_text("not a video")
    (root / "classes.txt").write_text("a\nb\n")
    return root


def write(path, *lines):
    path.write_text("\n".join(lines))
    return str(path)


def kinds(findings):
    return sorted((item.kind, item.file) for item in findings)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_kind_of_video(world, tmp_path, workers):
    names = ["a/good.mp4", "a/damaged.mp4", "a/sound.mp4", "a/absent.mp4", "b/good.mp4", "b/one.mp4", "b/xvid.avi", "b/text.mp4"]
    path = write(tmp_path / "list.txt", *(f"{name} {'ab'.index(name[0])}" for name in names))
    report = lint_lists([path], str(world), str(world / "classes.txt"), workers=workers)
    assert kinds(report.errors) == [
        ("audio_only", "a/sound.mp4"),
        ("damaged", "a/damaged.mp4"),
        ("missing", "a/absent.mp4"),
        ("unreadable", "b/text.mp4"),
    ]
    assert kinds(report.warnings) == [("mpeg4_b_frames", "b/xvid.avi"), ("one_frame", "b/one.mp4")]


def test_sound_lists(world, tmp_path):
    train, test = write(tmp_path / "train.txt", "a/good.mp4 0", "b/one.mp4,1"), write(tmp_path / "test.txt", "b/good.mp4 1")
    report = lint_lists([train, test], str(world), str(world / "classes.txt"))
    assert report.errors == []
    assert kinds(report.warnings) == [("one_frame", "b/one.mp4")]


def test_lines_and_labels(world, tmp_path):
    path = write(tmp_path / "list.txt", "a/1.mp4 0", "a/2.mp4 one", "b/1.mp4 1", "b/2.mp4 2", "b/3.mp4 -1", "b/1.mp4 1", "b/./1.mp4 1")
    report = lint_lists([path], classes=str(world / "classes.txt"))
    assert [item.kind for item in report.errors if item.file == "b/2.mp4"] == ["label_range", "label_map_mismatch"]
    assert Counter(item.kind for item in report.errors) == {
        "bad_line": 1,
        "label_range": 2,
        "label_map_mismatch": 2,
        "duplicate": 2,
    }
    detail = next(item.detail for item in report.errors if item.kind == "label_range")
    assert detail == f"{path}:4: label 2; accepted: 0..1 (2 classes of {world}/classes.txt)"


def test_labels_nobody_has(tmp_path):
    report = lint_lists([write(tmp_path / "list.txt", "1.mp4 2", "2.mp4 4")])
    assert report.errors == []
    assert [item.detail for item in report.warnings] == ["3 of the labels 0..4 belong to no video: 0, 1, 3"]


def test_leaks_and_shared_videos(tmp_path):
    train = write(tmp_path / "train.txt", "a/v_a_g01_c01.avi 0", "a/v_a_g01_c02.avi 0", "a/v_a_g02_c01.avi 0", "b/v_b_g03_c01.avi 1")
    test = write(tmp_path / "test.txt", "a/v_a_g01_c03.avi 0", "a/v_a_g03_c01.avi 0", "b/v_b_g01_c01.avi 1", "b/v_b_g03_c01.avi 1")
    report = lint_lists([train, test])
    assert kinds(report.errors) == [
        ("duplicate", "b/v_b_g03_c01.avi"),
        ("group_leak", "a/v_a_g01_c03.avi"),
        ("group_leak", "b/v_b_g03_c01.avi"),
    ]
    leak = next(item for item in report.errors if item.file == "a/v_a_g01_c03.avi")
    assert leak.detail == f"recording group a/g01: 1 clips here, 2 in {train} (such as a/v_a_g01_c01.avi)"


def test_a_film_in_both_lists_is_an_error_within_a_class_and_a_warning_across(tmp_path):
    end = "u_nm_np1_fr_goo_{}.avi"
    train = write(tmp_path / "train.txt", f"run/Film_run_{end.format(0)} 0", f"run/Other_run_{end.format(0)} 0")
    test = write(tmp_path / "test.txt", f"run/Film_run_{end.format(1)} 0", f"wave/Other_wave_{end.format(0)} 1")
    report = lint_lists([train, test])
    assert kinds(report.errors) == [("group_leak", f"run/Film_run_{end.format(1)}")]
    assert kinds(report.warnings) == [("group_leak", f"wave/Other_wave_{end.format(0)}")]


def test_a_list_without_labels_is_a_warning(tmp_path):
    report = lint_lists([write(tmp_path / "train.txt", "a/1.avi 0"), write(tmp_path / "test.txt", "a/2.avi", "a/3.avi")])
    assert report.errors == []
    assert [item.kind for item in report.warnings] == ["no_labels"]


def test_empty_list(tmp_path):
    assert [item.kind for item in lint_lists([write(tmp_path / "list.txt", "")]).errors] == ["bad_line"]


def test_wrong_arguments(tmp_path):
    path = write(tmp_path / "list.txt", "a/1.avi 0")
    with pytest.raises(ConfigError, match=r"absent\.txt: no such file"):
        lint_lists([str(tmp_path / "absent.txt")])
    with pytest.raises(ConfigError, match=r"--root nowhere: no such folder"):
        lint_lists([path], "nowhere")
    with pytest.raises(ConfigError, match="3 lists given"):
        lint_lists([path] * 3)


def test_text_report_is_cut_per_kind(tmp_path):
    report = lint_lists([write(tmp_path / "list.txt", *(f"{n}.avi -1" for n in range(12)))])
    lines = list(report.lines(per_kind=3))
    assert lines[0] == f"error: label_range: 0.avi: {tmp_path}/list.txt:1: label -1; accepted: 0 and up"
    assert lines[3:] == ["error: label_range: ... and 9 more", "12 errors, 0 warnings"]


# Counted independently: groups and (class, source) pairs in both lists; lines with labels 51 and 52; 49 classes in either list.
@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("ucf50", {"group_leak": 38}),
        ("ucf101", {"group_leak": 81}),
        ("hmdb51", {"group_leak": 87, "label_range": 247, "label_map_mismatch": 98}),
    ],
)
def test_published_csv_lists(shared, name, errors):
    folder = shared / "data/video/splits/dvfl_net" / name
    report = lint_lists([str(folder / "train.csv"), str(folder / "val.csv")], classes=str(folder / "labels.csv"))
    assert Counter(item.kind for item in report.errors) == errors


def test_byte_order_label_map_against_the_official_one(shared):
    splits = shared / "data/video/splits"
    report = lint_lists([str(splits / "dvfl_net/ucf101/val.csv")], classes=str(splits / "ucf101_official/classInd.txt"))
    assert [item.kind for item in report.errors] == ["label_map_mismatch"] * 4
    assert {item.file.split("/")[1] for item in report.errors} == {"HammerThrow", "Hammering", "JumpRope", "JumpingJack"}


def test_official_ucf101_split_leaks_nothing(shared):
    folder = shared / "data/video/splits/ucf101_official"
    assert lint_lists([str(folder / "trainlist02.txt"), str(folder / "testlist02.txt")]).errors == []


def test_real_lists_are_clean(shared):
    root = shared / "data/video"
    lists = [str(root / f"lists/gmdcsa24_{part}.txt") for part in ("train", "val")]
    report = lint_lists(lists, str(root), str(root / "lists/gmdcsa24_classes.txt"))
    assert (report.errors, report.warnings) == ([], [])


@pytest.fixture
def lint_tool(repo):
    def run(*args):
        command = [sys.executable, str(repo / "tools/data/lint_list.py"), *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(repo)}, check=False)

    return run


def test_command_line(lint_tool, world, tmp_path):
    path = write(tmp_path / "list.txt", "a/good.mp4 0", "a/damaged.mp4 0", "b/one.mp4 1")
    out = tmp_path / "new/report.json"
    done = lint_tool(path, "--root", world, "--classes", world / "classes.txt", "--json", out)
    assert done.returncode == 1
    assert done.stdout.endswith("1 errors, 1 warnings\n")
    report = json.loads(out.read_text())
    assert [(item["file"], item["kind"]) for item in report["errors"]] == [("a/damaged.mp4", "damaged")]
    assert [(item["file"], item["kind"]) for item in report["warnings"]] == [("b/one.mp4", "one_frame")]
    assert set(report["errors"][0]) == {"file", "kind", "detail"}


def test_command_line_without_errors_and_without_a_list(lint_tool, world, tmp_path):
    assert lint_tool(write(tmp_path / "list.txt", "a/good.mp4 0"), "--root", world).returncode == 0
    done = lint_tool(tmp_path / "absent.txt", "--root", world)
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path}/absent.txt: no such file\n"
