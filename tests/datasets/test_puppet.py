"""The puppet world: same seed same bytes, UCF101's formats, and classes that only the order of frames tells apart."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import decord
import numpy as np
import pytest

from mmxkd.datasets.puppet import ACTIONS, CLASSES, ClipScript, PuppetStyle, generate_clip
from mmxkd.datasets.puppet.actions import ACTION_BY_NAME
from mmxkd.datasets.puppet.body import NUM_CHANNELS, Body, Point
from mmxkd.datasets.puppet.scene import Shot
from mmxkd.datasets.puppet.ucf_layout import write_world
from mmxkd.datasets.puppet.world import PuppetWorld
from mmxkd.datasets.puppet.writer import write_video
from mmxkd.errors import ConfigError, DataError

REPO = Path(__file__).parents[2]
PAIRS = [("SitDown", "StandUp"), ("RaiseArms", "LowerArms"), ("Push", "Pull"), ("BendDown", "Straighten"), ("WalkForward", "WalkBackward")]
SMALL = PuppetWorld(train_groups=3, test_groups=2, clips=2, classes=4, frames=6, size=32, labelled_groups=1)


def digests(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*") if f.is_file()}


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("puppet") / "world"
    assert write_world(SMALL, out, workers=1)
    return out


def test_twelve_classes_with_five_reversal_pairs():
    assert list(CLASSES) == [*(name for pair in PAIRS for name in pair), "Wave", "Jump"]
    assert {action.name: action.reverse_of for action in ACTIONS} == {
        **dict(PAIRS),
        **{b: a for a, b in PAIRS},
        "Wave": None,
        "Jump": None,
    }


@pytest.mark.parametrize(("name", "reversed_name"), PAIRS)
def test_a_reversed_class_is_the_same_performance_played_backwards(name, reversed_name):
    style = PuppetStyle()
    forward = ACTION_BY_NAME[name].trajectory(np.random.RandomState(3), 24, style)
    backward = ACTION_BY_NAME[reversed_name].trajectory(np.random.RandomState(3), 24, style)
    assert forward.shape == (24, NUM_CHANNELS)
    np.testing.assert_array_equal(forward, backward[::-1])
    assert np.abs(forward - backward).max() > 0.3  # a movement that looks the same both ways would make the pair one class
    body = Body.sample(np.random.RandomState(0))
    np.testing.assert_allclose(body.points(forward), body.points(backward)[::-1], atol=1e-12)


def test_the_camera_pans_along_with_a_reversed_walk_in_reverse():
    style = PuppetStyle(drift=0.0, jitter=0.0)
    body = Body.sample(np.random.RandomState(0))
    poses = ACTION_BY_NAME["WalkForward"].trajectory(np.random.RandomState(3), 24, style)
    shot = Shot.sample(np.random.RandomState(1), 24, style)
    points, pan = shot.project(body, poses)
    backward_points, backward_pan = shot.project(body, poses[::-1])
    np.testing.assert_allclose(points, backward_points[::-1], atol=1e-12)
    np.testing.assert_allclose(pan, backward_pan[::-1], atol=1e-12)


def test_figure_keeps_its_lengths_and_stands_on_the_floor():
    body = Body.sample(np.random.RandomState(0))
    poses = np.concatenate([action.trajectory(np.random.RandomState(5), 24, PuppetStyle()) for action in ACTIONS if action.name != "Jump"])
    points = body.points(poses)
    for side in ("LEFT", "RIGHT"):
        for start, end, length in (("SHOULDER", "ELBOW", body.upper_arm), ("HIP", "KNEE", body.thigh), ("KNEE", "ANKLE", body.shin)):
            bone = points[:, Point[f"{side}_{start}"]] - points[:, Point[f"{side}_{end}"]]
            np.testing.assert_allclose(np.linalg.norm(bone, axis=1), length)
    np.testing.assert_allclose(points[..., 1].min(axis=1), 0.0, atol=0.02)
    upright = body.points(np.zeros((1, NUM_CHANNELS)))[0]
    assert upright[Point.HEAD, 1] + body.head == pytest.approx(1.0)


def test_clip_depends_on_seed_action_group_and_take_and_on_nothing_else():
    script = ClipScript("Wave", 2, 1)
    clip = generate_clip(script, seed=0, num_frames=6, size=32)
    assert clip.shape == (6, 32, 32, 3)
    assert clip.dtype == np.uint8
    np.random.seed(99)
    np.testing.assert_array_equal(clip, generate_clip(script, seed=0, num_frames=6, size=32))
    for seed, other in ((1, script), (0, script._replace(group=3)), (0, script._replace(take=2)), (0, script._replace(action="Jump"))):
        assert np.abs(clip.astype(int) - generate_clip(other, seed, 6, 32)).mean() > 5


def test_default_figure_is_bright_and_background_dark():
    style = PuppetStyle(noise=0.0)
    clip = generate_clip(ClipScript("Wave", 1, 1), style=style).astype(float)
    channel_means = clip.mean(axis=3)
    figure = channel_means > 150
    assert 0.04 < figure.mean() < 0.25
    assert np.median(channel_means[~figure]) < 95
    swapped = generate_clip(ClipScript("Wave", 1, 1), style=PuppetStyle(noise=0.0, swapped=1.0)).astype(float).mean(axis=3)
    assert 0.04 < (swapped < 105).mean() < 0.25


def test_files_have_the_formats_of_ucf101(small_world):
    splits = {path.name: path.read_bytes().decode() for path in (small_world / "splits").iterdir()}
    assert set(splits) == {"classInd.txt", "trainlist01.txt", "testlist01.txt", "labelled.txt"}
    assert splits["classInd.txt"] == "1 SitDown\r\n2 StandUp\r\n3 RaiseArms\r\n4 LowerArms\r\n"
    train, test = splits["trainlist01.txt"].split("\r\n"), splits["testlist01.txt"].split("\r\n")
    assert train[:2] == ["SitDown/v_SitDown_g03_c01.mp4 1", "SitDown/v_SitDown_g03_c02.mp4 1"]
    assert train[-2:] == ["LowerArms/v_LowerArms_g05_c02.mp4 4", ""]
    assert test[0] == "SitDown/v_SitDown_g01_c01.mp4"
    assert test[-2:] == ["LowerArms/v_LowerArms_g02_c02.mp4", ""]
    assert (len(train) - 1, len(test) - 1) == (24, 16)
    labelled = splits["labelled.txt"].splitlines()
    assert labelled[0] == "SitDown/v_SitDown_g03_c01.mp4 0"
    assert labelled[-1] == "LowerArms/v_LowerArms_g03_c02.mp4 3"
    assert len(labelled) == 8
    listed = {line.split()[0] for line in train[:-1] + test[:-1]}
    assert listed == {str(path.relative_to(small_world / "videos")) for path in (small_world / "videos").rglob("*.*")}


def test_groups_perform_every_class_and_never_cross_the_split():
    world = PuppetWorld()
    groups = {split: {script.group for script in world.scripts(split)} for split in ("train", "test", "labelled")}
    assert (len(groups["train"]), len(groups["test"]), len(groups["labelled"])) == (20, 16, 2)
    assert not groups["train"] & groups["test"]
    assert groups["labelled"] < groups["train"]
    for group in groups["train"]:
        assert {script.action for script in world.scripts("train") if script.group == group} == set(CLASSES)


def test_record_names_generator_seed_style_and_encoder(small_world):
    record = json.loads((small_world / "puppet.json").read_text())
    assert record["complete"] is True
    assert record["settings"]["generator"] == 1
    assert record["settings"]["seed"] == 0
    assert record["settings"]["style"]["noise"] == 4.0
    assert set(record["libraries"]) == {"opencv", "numpy"}
    assert record["encoder"]["name"] == "mpeg4"
    assert record["encoder"]["libavcodec"].count(".") == 2


def test_same_seed_same_bytes_whatever_the_number_of_workers(small_world, tmp_path):
    write_world(SMALL, tmp_path / "again", workers=2)
    assert digests(tmp_path / "again") == digests(small_world)
    other = PuppetWorld(**{**vars(SMALL), "seed": 1})
    write_world(other, tmp_path / "other", workers=1)
    videos = {name: value for name, value in digests(small_world).items() if name.endswith(".mp4")}
    there = digests(tmp_path / "other")
    assert all(there[name] != value for name, value in videos.items())


def test_decord_reads_every_frame_as_it_was_drawn(tmp_path):
    frames = generate_clip(ClipScript("WalkForward", 1, 1))
    write_video(tmp_path / "clip.mp4", frames, 12)
    reader = decord.VideoReader(str(tmp_path / "clip.mp4"), num_threads=1)
    assert len(reader) == 24
    assert reader.get_avg_fps() == 12.0
    order = [23, *range(24), 5]
    read = reader.get_batch(order).asnumpy()
    assert read.shape == (26, 64, 64, 3)
    error = np.abs(read.astype(int) - frames[order]).mean(axis=(1, 2, 3))
    assert error.max() < 7  # the pixel noise alone costs about 3
    neighbour = np.abs(read[0].astype(int) - frames[15]).mean()
    assert neighbour > 1.5 * error.max()


def test_writer_refuses_sizes_that_decord_cannot_read(tmp_path):
    with pytest.raises(ValueError, match="multiples of 32"):
        write_video(tmp_path / "clip.mp4", np.zeros((2, 72, 72, 3), np.uint8), 12)
    with pytest.raises(ConfigError, match="size = 72"):
        PuppetWorld(size=72)


def test_complete_world_is_left_alone_and_an_interrupted_one_completed(small_world):
    before = digests(small_world)
    assert not write_world(SMALL, small_world)
    for victim in ("videos/" + SMALL.scripts("train")[3].path, "splits/testlist01.txt"):
        (small_world / victim).unlink()
        assert write_world(SMALL, small_world, workers=1)
        assert digests(small_world) == before


def test_other_settings_need_force_and_foreign_folders_are_never_emptied(tmp_path):
    tiny = PuppetWorld(train_groups=1, test_groups=1, clips=1, classes=2, frames=2, size=32, labelled_groups=1)
    write_world(tiny, tmp_path / "world", workers=1)
    harder = PuppetWorld(**{**vars(tiny), "style": PuppetStyle(noise=9.0), "clips": 2})
    with pytest.raises(DataError, match=r"clips 1 \(wanted 2\), style.noise 4.0 \(wanted 9.0\); use --force"):
        write_world(harder, tmp_path / "world", workers=1)
    assert write_world(harder, tmp_path / "world", workers=1, force=True)
    assert len(list((tmp_path / "world/videos").rglob("*.mp4"))) == 8
    assert write_world(tiny, tmp_path / "world", workers=1, force=True)
    assert len(list((tmp_path / "world/videos").rglob("*.mp4"))) == 4
    real = tmp_path / "real/videos/Archery/v_Archery_g01_c01.avi"
    real.parent.mkdir(parents=True)
    real.touch()
    with pytest.raises(DataError, match="not a puppet world"):
        write_world(tiny, tmp_path / "real", workers=1, force=True)
    assert real.exists()


@pytest.mark.parametrize("change", [{"classes": 13}, {"train_groups": 0}, {"test_groups": 98}, {"labelled_groups": 21}, {"clips": 0}])
def test_settings_out_of_range_are_refused_by_name(change):
    with pytest.raises(ConfigError, match="groups" if "groups" in next(iter(change)) else next(iter(change))):
        PuppetWorld(**change)


def test_command_line(tmp_path):
    command = [sys.executable, str(REPO / "tools/data/make_puppet.py"), str(tmp_path / "w"), "--train-groups", "1", "--test-groups", "1"]
    command += ["--clips", "1", "--classes", "2", "--frames", "2", "--size", "32", "--labelled-groups", "1", "--workers", "1"]
    run = dict(capture_output=True, text=True, cwd=REPO, env={"PYTHONPATH": str(REPO), "OMP_NUM_THREADS": "1"})
    first = subprocess.run(command, **run)
    assert (first.returncode, first.stdout) == (0, f"2 training clips (2 labelled) and 2 test clips written to {tmp_path / 'w'}\n")
    assert "puppet clips" in first.stderr
    again = subprocess.run(command, **run)
    assert "already complete" in again.stdout
    changed = subprocess.run([*command, "--seed", "5"], **run)
    assert changed.returncode == 2
    assert changed.stderr.count("\n") == 1
    assert "seed 0 (wanted 5)" in changed.stderr


def test_clips_need_neither_a_decoder_nor_an_encoder():
    code = "import sys, mmxkd.datasets.puppet; print(sorted({'av', 'decord', 'mmaction'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(REPO)})
    assert run.stdout == "[]\n"


# What a linear classifier can tell of a pair, with and without the order of frames


def _frames(clip: np.ndarray) -> np.ndarray:
    """Return how much of each of 8 x 8 cells the figure of a clip (T, 32, 32, 3) fills, (T, 64); the same whichever way it faces."""
    figure = (clip.mean(axis=3) > 140).reshape(len(clip), 8, 4, 8, 4).mean(axis=(2, 4))
    return (figure + figure[:, :, ::-1]).reshape(len(clip), -1)


def _bag(clip: np.ndarray) -> np.ndarray:
    """Every cell's values, sorted over time: all about the frames but their order."""
    return np.sort(_frames(clip), axis=0).ravel()


def _change(clip: np.ndarray) -> np.ndarray:
    """The clip's end minus its beginning."""
    return _frames(clip[-3:]).mean(axis=0) - _frames(clip[:3]).mean(axis=0)


def _accuracy(first: list[np.ndarray], second: list[np.ndarray], describe: Callable[[np.ndarray], np.ndarray]) -> float:
    """Fit a ridge classifier of two classes on the first half of the groups, return its accuracy on the others."""
    table = np.array([[describe(clip) for clip in clips] for clips in (first, second)])
    half = len(first) // 2
    data, target = table[:, :half].reshape(2 * half, -1), np.repeat([-1.0, 1.0], half)
    mean = data.mean(axis=0)
    kernel = (data - mean) @ (data - mean).T
    dual = np.linalg.solve(kernel + 0.1 * np.trace(kernel) / len(kernel) * np.eye(len(kernel)), target)
    score = (table[:, half:] - mean) @ ((data - mean).T @ dual)
    return float(np.mean([(score[0] < 0).mean(), (score[1] > 0).mean()]))


def test_only_the_order_of_frames_tells_a_pair_apart():
    scripts = {name: [ClipScript(name, group, take) for group in range(1, 41) for take in (1, 2)] for pair in PAIRS for name in pair}
    clips = {name: [generate_clip(script, 0, 12, 32) for script in members] for name, members in scripts.items()}
    by_bag = [_accuracy(clips[a], clips[b], _bag) for a, b in PAIRS]
    # 400 test clips: chance has a standard error of 2.5 points; unequal holds or amplitudes within the pairs give 0.6 and more.
    assert np.mean(by_bag) < 0.56, by_bag
    # The same classifier is not blind: frames do tell other classes apart.
    assert _accuracy(clips["SitDown"], clips["BendDown"], _bag) > 0.9
    by_change = [_accuracy(clips[a], clips[b], _change) for a, b in PAIRS]
    # Steps repeat, so the two ends of a walk say little; every transition shows in them.
    assert min(by_change[:4]) > 0.85, by_change
