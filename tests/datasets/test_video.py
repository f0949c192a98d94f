"""VideoDataset: what a sample is asked for, wrong lists, missing files, broken videos."""

import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mmxkd.datasets.readers import BrokenVideoError
from mmxkd.datasets.samplers import EpochSampler, SampleKey
from mmxkd.datasets.video import VideoDataset
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS

PIPELINE = [
    dict(type="OpenVideo"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=4, test_mode=True),
    dict(type="DecodeFrames"),
    dict(type="PackVideo", num_frames=4),
]


class Echo:
    """A pipeline that hands back its request and cannot read some files."""

    def __init__(self, broken=()):
        self.broken = broken

    def __call__(self, results):
        if results["uid"] in self.broken:
            raise BrokenVideoError(results["filename"], "cut short")
        return results

    def dummy(self, results):
        return {**results, "dummy": True}


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a list and builds the data set over it."""

    def make(lines, **options):
        (tmp_path / "list.txt").write_text("\n".join(lines))
        return VideoDataset("list.txt", data_root=str(tmp_path), **{"pipeline": Echo(), **options})

    return make


LINES = ["a/1.mp4 0", "a/2.mp4 0", "b/1.mp4 1", "b/2.mp4 1"]


def test_request_of_a_key(make, tmp_path):
    data = make(LINES, classes=["a", "b"], seed=5)
    assert len(data) == 4
    assert data[SampleKey(epoch=3, position=9, index=2)] == {
        "filename": str(tmp_path / "b/1.mp4"),
        "label": 1,
        "uid": "b/1",
        "index": 2,
        "epoch": 3,
        "position": 9,
        "seed": 5,
        "rng_key": (5, 3, 2),
        "broken": [],
    }


def test_an_integer_is_a_key_too(make):
    data = make(LINES)
    assert [(data[key]["epoch"], data[key]["position"], data[key]["index"]) for key in (1, -1, np.int64(2))] == [
        (0, 1, 1),
        (0, 3, 3),
        (0, 2, 2),
    ]
    assert [sample["uid"] for sample in data] == ["a/1", "a/2", "b/1", "b/2"]
    with pytest.raises(IndexError, match="row 4 of 4"):
        data[4]


def test_metainfo(make, tmp_path):
    (tmp_path / "classes.txt").write_text("fight\nno_fight\n")
    expected = {"classes": ("fight", "no_fight"), "label_map_hash": "3cad26524da9a3cd"}
    assert make(LINES, classes="classes.txt").metainfo == expected
    assert make(LINES, classes=["fight", "no_fight"]).metainfo == expected
    assert make(LINES).metainfo == {"classes": None, "label_map_hash": None}


@pytest.mark.parametrize(("label", "accepted"), [(2, r"0\.\.1 \(2 classes of dataset\.classes\)"), (-1, r"0\.\.1")])
def test_label_out_of_range_is_named(make, label, accepted):
    with pytest.raises(DataError, match=rf"list\.txt:5: label {label} of 'c/1\.mp4' is out of range; accepted: {accepted}"):
        make([*LINES, f"c/1.mp4 {label}"], classes=["a", "b"])


def test_without_classes_labels_count_from_zero(make):
    assert make(["x.mp4 7"])[0]["label"] == 7
    with pytest.raises(DataError, match=r"list\.txt:1: label -1 .* accepted: 0 and up"):
        make(["x.mp4 -1"])


def test_labels_from_folder_ignore_the_numbers(make):
    data = make(["train/b/1.mp4 17", "train/a/1.mp4 52", "a/2.mp4"], classes=["a", "b"], labels_from="folder")
    assert [sample["label"] for sample in data] == [1, 0, 0]
    with pytest.raises(DataError, match=r"list\.txt:1: folder 'c' of 'c/1\.mp4' is not among the 2 names"):
        make(["c/1.mp4 0"], classes=["a", "b"], labels_from="folder")
    with pytest.raises(ConfigError, match=r"labels_from='folder' needs dataset\.classes"):
        make(LINES, labels_from="folder")
    with pytest.raises(ConfigError, match="labels_from='name'; accepted: 'list', 'folder'"):
        make(LINES, labels_from="name")


@pytest.mark.parametrize("again", ["a/1.mp4 0", "./a//1.mp4 0", "a/1.avi 0"])
def test_a_video_listed_twice_is_an_error(make, again):
    with pytest.raises(DataError, match=r"list\.txt:5: .* is listed already, in line 1"):
        make([*LINES, again])


def test_absolute_paths_have_the_uid_of_relative_ones(make, tmp_path):
    data = make([f"{tmp_path}/a/1.mp4 0", "v1.2/x.y.mp4 0"])
    assert [sample["uid"] for sample in data] == ["a/1", "v1.2/x.y"]
    assert data[0]["filename"] == f"{tmp_path}/a/1.mp4"


def test_labelled_hides_the_other_labels(make, tmp_path):
    (tmp_path / "few.txt").write_text("b/1.mp4 1\na/2.mp4\n")
    assert [sample["label"] for sample in make(LINES, labelled="few.txt")] == [-1, 0, 1, -1]


@pytest.mark.parametrize(
    ("line", "message"),
    [("c/9.mp4 0", r"few\.txt:1: 'c/9\.mp4' is not in the data set's list"), ("b/1.mp4 0", r"few\.txt:1: label 0 .* labels 1")],
)
def test_labelled_must_agree_with_the_list(make, tmp_path, line, message):
    (tmp_path / "few.txt").write_text(line)
    with pytest.raises(DataError, match=message):
        make(LINES, labelled="few.txt")


def test_missing_files_are_named_with_the_remedy(tmp_path):
    with pytest.raises(ConfigError) as caught:
        VideoDataset("train.txt", data_root=str(tmp_path / "k400"), classes="names.txt", prepare="make k400")
    message = str(caught.value)
    assert "\n" not in message
    assert f"*_dataloader.dataset.data_root='{tmp_path}/k400' (folder" in message
    assert f"*_dataloader.dataset.ann_file='train.txt' (file {tmp_path}/k400/train.txt)" in message
    assert "*_dataloader.dataset.classes='names.txt'" in message
    assert message.endswith("To prepare the data: make k400")
    with pytest.raises(ConfigError, match=r"ann_file='train\.txt'"):
        VideoDataset("train.txt", data_root=str(tmp_path))


def test_lists_may_lie_outside_the_data_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "mine.txt").write_text("x.mp4 0")
    assert VideoDataset("mine.txt", data_root="data", pipeline=Echo())[0]["filename"] == "data/x.mp4"
    (tmp_path / "data/mine.txt").write_text("inside.mp4 0")
    assert VideoDataset("mine.txt", data_root="data", pipeline=Echo())[0]["uid"] == "inside"


def test_lazy_init_touches_no_file_and_check_files_does(tmp_path):
    data = DATASETS.build(dict(type="VideoDataset", ann_file="x.txt", data_root="nowhere", classes="c.txt", lazy_init=True))
    for need in (data.check_files, data.full_init, lambda: data.metainfo):
        with pytest.raises(ConfigError, match="data_root='nowhere'"):
            need()


def test_indices_take_some_rows(make):
    assert [sample["uid"] for sample in make(LINES, indices=2)] == ["a/1", "a/2"]
    assert make(LINES).get_cat_ids(2) == [1]


def test_broken_video_is_replaced_in_training(make, tmp_path):
    data = make(LINES, pipeline=Echo({"a/2"}), seed=3)
    sample = data[SampleKey(epoch=4, position=6, index=1)]
    assert sample["broken"] == [str(tmp_path / "a/2.mp4")]
    assert sample["index"] != 1
    assert (sample["epoch"], sample["position"]) == (4, 6)
    # The replacement is itself: its label, its uid, the view it has in its own place.
    own = data[SampleKey(epoch=4, position=0, index=sample["index"])]
    assert [sample[key] for key in ("uid", "label", "rng_key")] == [own[key] for key in ("uid", "label", "rng_key")]
    assert data[SampleKey(4, 6, 1)] == sample


def test_replacements_change_with_epoch_and_never_are_the_broken_row(make):
    data = make(LINES, pipeline=Echo({"a/2"}))
    drawn = [data[SampleKey(epoch, 0, 1)]["index"] for epoch in range(40)]
    assert set(drawn) == {0, 2, 3}
    assert all(len(data[SampleKey(epoch, 0, 1)]["broken"]) == 1 for epoch in range(40))


def test_replacements_that_are_broken_are_replaced_in_turn(make):
    data = make(LINES, pipeline=Echo({"a/2", "a/1", "b/1"}))
    samples = [data[SampleKey(epoch, 0, 1)] for epoch in range(20)]
    assert {sample["uid"] for sample in samples} == {"b/2"}
    assert max(len(sample["broken"]) for sample in samples) > 1


def test_when_nothing_can_be_read_the_files_are_named(make):
    with pytest.raises(DataError, match=r"none of 11 videos drawn for row 0 can be read: .*a/1\.mp4, "):
        make(LINES, pipeline=Echo({"a/1", "a/2", "b/1", "b/2"}))[0]
    with pytest.raises(BrokenVideoError, match=r"x\.mp4: cut short"):
        make(["x.mp4 0"], pipeline=Echo({"x"}))[0]


def test_broken_video_is_a_dummy_in_testing(make, tmp_path):
    sample = make(LINES, pipeline=Echo({"b/1"}), test_mode=True)[2]
    assert sample["dummy"]
    assert (sample["uid"], sample["label"], sample["index"]) == ("b/1", 1, 2)
    assert sample["broken"] == [str(tmp_path / "b/1.mp4")]


def test_real_pipeline_over_a_missing_and_a_cut_video(make, tmp_path, films):
    for name in ("a/1", "a/2", "b/2"):
        films.write(tmp_path / f"{name}.mp4", frames=8)
    (tmp_path / "a/2.mp4").write_bytes((tmp_path / "a/2.mp4").read_bytes()[:500])
    data = make(LINES, pipeline=PIPELINE, test_mode=True)
    good, cut, missing = data[0], data[1], data[2]
    assert [films.number(frame) for frame in good["inputs"][0].permute(1, 2, 3, 0).numpy()] == [1, 3, 5, 7]
    for sample, name in ((cut, "a/2"), (missing, "b/1")):
        assert sample["inputs"].shape == good["inputs"].shape == (1, 3, 4, 64, 96)
        assert not sample["inputs"].any()
        assert sample["data_samples"].broken == [str(tmp_path / f"{name}.mp4")]
        assert sample["data_samples"].uid == name
    assert cut["data_samples"].gt_label == 0
    replaced = make(LINES, pipeline=PIPELINE)[2]["data_samples"]
    assert replaced.uid in ("a/1", "b/2")
    assert replaced.broken[0] == str(tmp_path / "b/1.mp4")


@pytest.mark.parametrize("workers", [0, 2])
def test_behind_a_loader_with_workers(make, workers):
    data = make(LINES, pipeline=Echo({"a/2"}))
    loader = DataLoader(data, batch_size=2, sampler=EpochSampler(data, seed=0), num_workers=workers, collate_fn=list)
    rows = [sample for batch in loader for sample in batch]
    assert [row["position"] for row in rows] == [0, 1, 2, 3]
    assert sum(len(row["broken"]) for row in rows) == 1
    order = [row["rng_key"][2] for row in rows if not row["broken"]]
    assert sorted(order) == [0, 2, 3]


def test_rows_are_shared_bytes_and_the_data_set_can_be_sent(make):
    data = make(LINES)
    assert data.data_bytes.dtype == np.uint8
    assert pickle.loads(pickle.dumps(data))[3]["uid"] == "b/2"


def test_real_clips(shared):
    root = shared / "data/video"
    options = dict(data_root=str(root), classes="lists/fight2_classes.txt", pipeline=PIPELINE)
    train, val = (VideoDataset(f"lists/fight2_{part}.txt", **options) for part in ("train", "val"))
    assert (len(train), len(val)) == (90, 30)
    assert train.metainfo == val.metainfo == {"classes": ("fight", "no_fight"), "label_map_hash": "3cad26524da9a3cd"}
    sample = val[0]
    assert sample["data_samples"].uid == "clips/fight2/fight/fi007"
    assert sample["inputs"].dtype == torch.uint8
    assert sample["inputs"].shape[:3] == (1, 3, 4)
    assert sum(val.get_data_info(row)["label"] for row in range(30)) == 15


@pytest.mark.parametrize(("name", "classes", "train", "val"), [("ucf50", 50, 5360, 1321), ("ucf101", 101, 10690, 2630)])
def test_published_csv_lists(shared, name, classes, train, val):
    folder = str(shared / "data/video/splits/dvfl_net" / name)
    for part, number in (("train", train), ("val", val)):
        data = VideoDataset(f"{part}.csv", data_root=folder, classes="labels.csv", pipeline=Echo())
        assert (len(data), len(data.metainfo["classes"])) == (number, classes)
        # These two sets' numbers do agree with their folders.
        folders = VideoDataset(f"{part}.csv", data_root=folder, classes="labels.csv", labels_from="folder", pipeline=Echo())
        assert all(data[row]["label"] == folders[row]["label"] for row in range(0, number, 97))


def test_published_hmdb51_csv_is_refused_unless_labels_come_from_the_folders(shared):
    options = dict(data_root=str(shared / "data/video/splits/dvfl_net/hmdb51"), classes="labels.csv", pipeline=Echo())
    with pytest.raises(DataError, match=r"train\.csv:\d+: label 5[12] of .* is out of range; accepted: 0\.\.50 \(51 classes"):
        VideoDataset("train.csv", **options)
    data = VideoDataset("train.csv", labels_from="folder", **options)
    assert len(data) == 5393
    classes = data.metainfo["classes"]
    assert all(f"/{classes[row['label']]}/" in f"/{row['uid']}" for row in map(data.get_data_info, range(0, 5393, 101)))
