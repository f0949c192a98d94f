"""Actions of long videos as samples: which frames, which label."""

import numpy as np
import pytest

from mmxkd.datasets.segment_videos import SegmentVideoDataset
from mmxkd.datasets.transforms.decode import ArrayVideo
from mmxkd.datasets.transforms.segment import CutSegment, VideoStretch
from mmxkd.errors import ConfigError
from mmxkd.seeding import make_rng

VIDEO = ArrayVideo(np.arange(100, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3), 10.0)


def cut(start, stop, seed=0, **options):
    results = CutSegment(**options)({"video": VIDEO, "start": start, "stop": stop, "rng": make_rng("cut", seed)})
    assert results["total_frames"] == len(results["video"])
    return results["video"].get_batch(np.arange(results["total_frames"]))[:, 0, 0, 0].tolist()


def test_a_segment_is_cut_out_of_its_video():
    assert cut(2.0, 2.5) == [20, 21, 22, 23, 24]
    assert cut(9.8, 10.2) == [98, 99, 99, 99]
    assert cut(3.0, 3.0) == [30]


def test_a_window_lies_at_random_inside_the_segment_and_its_margin():
    firsts = set()
    for seed in range(60):
        seen = cut(2.0, 3.0, seed, window=0.4, margin=0.2)
        assert len(seen) == 4
        assert seen == list(range(seen[0], seen[0] + 4))
        firsts.add(seen[0])
    assert min(firsts) == 18
    assert max(firsts) == 28
    assert len(firsts) >= 9


def test_a_window_of_a_test_lies_in_the_middle_also_of_a_shorter_segment():
    assert cut(2.0, 3.0, window=0.4, test_mode=True) == [23, 24, 25, 26]
    assert cut(2.0, 2.2, window=0.4) == [19, 20, 21, 22]
    assert cut(0.0, 0.2, window=0.4) == [0, 0, 1, 2]


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(ConfigError, match="seconds from 0 up"):
        CutSegment(window=-1.0)
    with pytest.raises(ConfigError, match="does not say its frames per second"):
        CutSegment()({"video": ArrayVideo(VIDEO.frames, 0.0), "start": 0, "stop": 1})
    assert len(VideoStretch(VIDEO, 5, 3)) == 3


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "videos").mkdir()
    (tmp_path / "annotations/training.csv").write_text(
        "00002, a, 0000000060, 0000000090, 001, 000, 0001\n00001, a, 0000000000, 0000000030, 000, 000, 0000\n"
    )
    (tmp_path / "annotations/validation.csv").write_text("00003, b, 0000000030, 0000000060, 000, 001, 0002\n")
    (tmp_path / "annotations/actions.csv").write_text("id,action,verb,noun\n0, take_cup,0,0\n1, put_cup,1,0\n2, take_box,0,1\n")
    return tmp_path


def dataset(folder, **options):
    table = dict(type="RulstmTable", root=str(folder / "annotations"))
    return SegmentVideoDataset(table, data_root=str(folder), pipeline=dict, **options)


def test_samples_are_the_segments_of_the_table(folder):
    rows = dataset(folder)
    assert rows.metainfo["classes"] == ("take_cup", "put_cup", "take_box")
    first, second = rows[0], rows[1]
    assert (first["uid"], first["label"], first["start"], first["stop"]) == ("1", 0, 0.0, 1.0)
    assert (second["uid"], second["label"], second["start"], second["stop"]) == ("2", 1, 2.0, 3.0)
    assert first["filename"] == str(folder / "videos/a.mp4")
    assert dataset(folder, split="validation")[0]["label"] == 2


@pytest.mark.parametrize(("target", "classes", "labels"), [("verb", ("take", "put"), [0, 1]), ("noun", ("cup", "box"), [0, 0])])
def test_the_label_may_be_the_verb_or_the_noun(folder, target, classes, labels):
    rows = dataset(folder, target=target)
    assert rows.metainfo["classes"] == classes
    assert [rows[place]["label"] for place in range(2)] == labels


def test_missing_files_and_unknown_values_are_named(folder):
    with pytest.raises(ConfigError, match=r"target='adverb'; accepted: 'action', 'verb', 'noun'"):
        dataset(folder, target="adverb")
    with pytest.raises(ConfigError, match=r"split='test'"):
        dataset(folder, split="test")
    (folder / "annotations/actions.csv").unlink()
    with pytest.raises(ConfigError, match=r"missing .*actions.csv"):
        dataset(folder)
