"""Lists from a folder tree, by function and command line."""

import os
import subprocess
import sys

import pytest

from mmxkd.datasets.groups import group_of, recording_group, source_of
from mmxkd.datasets.lint import lint_lists
from mmxkd.datasets.list_builder import split_folder
from mmxkd.datasets.lists import VideoRecord, read_list
from mmxkd.errors import ConfigError, DataError


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


@pytest.fixture
def plain(tmp_path):
    return touch(tmp_path / "plain", *(f"{name}/{n:02d}.mp4" for name in ("walk", "run") for n in range(10)))


@pytest.fixture
def grouped(tmp_path):
    return touch(tmp_path / "ucf", *(f"{c}/v_{c}_g{g:02d}_c{n:02d}.avi" for c in ("Bag", "Jog") for g in range(1, 11) for n in range(1, 5)))


def test_every_video_once_with_the_share_asked_for(plain):
    split = split_folder(plain, val_fraction=0.3)
    assert split.classes == ["run", "walk"]
    assert [sum(record.label == label for record in split.val) for label in (0, 1)] == [3, 3]
    assert len(split.train) == 14
    assert len({record.path for record in (*split.train, *split.val)}) == 20
    assert all(record.path.startswith(split.classes[record.label]) for record in (*split.train, *split.val))


def test_seed_decides(plain):
    assert split_folder(plain, seed=1) == split_folder(plain, seed=1)
    assert split_folder(plain, seed=1) != split_folder(plain, seed=2)


def test_groups_stay_together_without_being_asked(grouped):
    split = split_folder(grouped, val_fraction=0.2)
    groups = [{recording_group(record.path) for record in part} for part in (split.train, split.val)]
    assert not groups[0] & groups[1]
    assert [sum(record.label == label for record in split.val) for label in (0, 1)] == [8, 8]


def test_films_stay_together_across_classes(tmp_path):
    name = "{1}/Film{0}_{1}_u_nm_np1_fr_goo_{2}.avi"
    root = touch(tmp_path / "hmdb", *(name.format(film, cls, n) for film in range(8) for cls in ("run", "wave") for n in range(2)))
    split = split_folder(root, val_fraction=0.25)
    films = [{source_of(record.path) for record in part} for part in (split.train, split.val)]
    assert not films[0] & films[1]
    assert len(split.val) == 8


def test_each_part_gets_something_of_every_class_that_has_two_recordings(tmp_path):
    root = touch(tmp_path / "few", "a/1.mp4", "a/2.mp4", "b/1.mp4", "b/2.mp4", "b/3.mp4", "c/1.mp4")
    for fraction in (0.01, 0.99):
        split = split_folder(root, fraction)
        assert {record.label for record in split.train} == {0, 1, 2}
        assert {record.label for record in split.val} == {0, 1}


def test_test_groups(grouped):
    split = split_folder(grouped, test_groups={1, 2, 7})
    assert {group_of(record.path) for record in split.val} == {1, 2, 7}
    assert {group_of(record.path) for record in split.train} == {3, 4, 5, 6, 8, 9, 10}
    with pytest.raises(ConfigError, match=r"test groups \[11\] leave no videos for validation"):
        split_folder(grouped, test_groups={11})


def test_names_without_groups(plain):
    for options in (dict(by_group=True), dict(test_groups={1})):
        with pytest.raises(DataError, match=r"run/00\.mp4: the file name carries no recording group"):
            split_folder(plain, **options)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1])
def test_share_out_of_range(plain, fraction):
    with pytest.raises(ConfigError, match="accepted: above 0 and below 1"):
        split_folder(plain, fraction)


@pytest.fixture
def build_tool(repo):
    def run(*args):
        command = [sys.executable, str(repo / "tools/data/build_list.py"), *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(repo)}, check=False)

    return run


def test_command_line(build_tool, grouped, tmp_path):
    out = tmp_path / "lists"
    done = build_tool(grouped, "--out", out, "--test-groups", "1-2", "5", "--by-group")
    assert done.stdout == f"{out}: 2 classes, 56 training and 24 validation videos\n"
    assert (out / "classes.txt").read_bytes() == b"Bag\nJog\n"
    assert read_list(out / "val.txt")[0] == VideoRecord("Bag/v_Bag_g01_c01.avi", 0, 1)
    lists = [str(out / "train.txt"), str(out / "val.txt")]
    assert lint_lists(lists, classes=str(out / "classes.txt")) == ([], [])


def test_command_line_says_what_is_wrong(build_tool, tmp_path):
    done = build_tool(tmp_path / "absent", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: {tmp_path}/absent: no such folder\n")
    assert build_tool(tmp_path, "--out", tmp_path, "--val-fraction", "0.5", "--test-groups", "1").returncode == 2
