"""Copies that every reader reads right."""

import subprocess
import sys

import numpy as np
import pytest

from mmxkd.datasets.probe import Probe, probe_video
from mmxkd.datasets.readers import READERS, open_video
from mmxkd.datasets.reencode import Recipe, reencode_folder, reencode_video
from mmxkd.errors import ConfigError, DataError


def right(path, reader, films, frames):
    wanted = np.random.RandomState(0).permutation(frames)
    return sum(films.number(frame) == number for number, frame in zip(wanted, open_video(str(path), reader).get_batch(wanted), strict=True))


@pytest.mark.parametrize("name", ["old.avi", "old.mkv", "old.mp4"])
@pytest.mark.parametrize("kind", [dict(codec="mpeg4", b_frames=2), dict(codec="libx264"), dict(codec="libx264", b_frames=2)])
def test_a_copy_shows_every_frame_in_its_place(name, kind, films, tmp_path):
    source = films.write(tmp_path / name, frames=60, gop=30, **kind)
    copy = tmp_path / "new.mp4"
    assert reencode_video(source, copy) == 60
    assert probe_video(str(copy)) == Probe(60)
    for reader in READERS:
        assert right(copy, reader, films, 60) == 60, reader


def test_larger_videos_are_scaled_and_smaller_ones_are_not(films, tmp_path):
    source = films.write(tmp_path / "a.mp4", height=128, width=192)
    reencode_video(source, tmp_path / "small.mp4", Recipe(short_side=64))
    reencode_video(source, tmp_path / "same.mp4", Recipe(short_side=300))
    assert open_video(str(tmp_path / "small.mp4"), "pyav").get_batch(np.array([0])).shape == (1, 64, 96, 3)
    assert open_video(str(tmp_path / "same.mp4"), "pyav").get_batch(np.array([0])).shape == (1, 128, 192, 3)


def test_a_folder_is_completed_under_the_same_names(films, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    films.write(old / "a/one.avi", frames=5)
    films.write(old / "b/two.mp4", frames=5)
    (old / "b/bad.mp4").write_bytes(b"no video")
    failed = reencode_folder(old, new)
    assert list(failed) == ["b/bad.mp4"]
    assert "bad.mp4" in failed["b/bad.mp4"]
    assert sorted(path.relative_to(new).as_posix() for path in new.rglob("*.*")) == ["a/one.avi", "b/two.mp4"]
    assert right(new / "a/one.avi", "decord", films, 5) == 5
    before = (new / "a/one.avi").stat().st_mtime_ns
    reencode_folder(old, new)
    assert (new / "a/one.avi").stat().st_mtime_ns == before


def test_what_cannot_be_is_said(films, tmp_path):
    films.write(tmp_path / "a.mp4", frames=3)
    with pytest.raises(ConfigError, match="folder of the originals"):
        reencode_folder(tmp_path, tmp_path)
    with pytest.raises(ConfigError, match="gop=0"):
        reencode_folder(tmp_path, tmp_path / "new", Recipe(gop=0))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no video"):
        reencode_folder(tmp_path / "empty", tmp_path / "new")


def test_command_line(films, repo, tmp_path):
    films.write(tmp_path / "old/one.avi", frames=4)
    command = [sys.executable, str(repo / "tools/data/reencode.py"), str(tmp_path / "old"), str(tmp_path / "new"), "--workers", "1"]
    assert subprocess.run(command, check=False).returncode == 0
    (tmp_path / "old/bad.mp4").write_bytes(b"")
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "bad.mp4" in ended.stderr
