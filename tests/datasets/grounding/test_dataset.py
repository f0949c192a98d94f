"""Samples of grounding, and what is refused."""

import json

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from mmxkd.datasets.features import build_feature_writer
from mmxkd.datasets.grounding import GroundingDataset
from mmxkd.datasets.samplers import EpochSampler, SampleKey
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import DATASETS


def test_a_sample(config):
    dataset = GroundingDataset(**config())
    assert len(dataset) == 4
    item = dataset[SampleKey(2, 7, 3)]
    sample, video, text = item["data_samples"], item["inputs"]["video"], item["inputs"]["text"]
    assert video.shape[0] == 4
    assert text.shape[0] == 3
    assert video.dtype == text.dtype == torch.float32
    np.testing.assert_array_equal(video.T, dataset.store("video_features").read("train-clip1"))
    assert sample.gt_segments.dtype == torch.float64
    np.testing.assert_allclose(sample.gt_segments, [[2.0, 3.75]])
    assert sample.gt_labels.tolist() == [0]
    expected = {"uid": "train_ann1_2", "index": 3, "epoch": 2, "position": 7, "video_id": "train-clip1", "duration": 20.0}
    expected |= {"query": "when did it rain?", "windows": [(4.0, 7.5)], "fps": 30, "feat_stride": 60, "feat_num_frames": 60}
    assert {key: sample.get(key) for key in expected} == expected
    assert dataset[-1]["data_samples"].index == 3
    with pytest.raises(IndexError, match="row 4 of 4"):
        dataset[4]


def test_built_from_the_registry_and_through_a_loader(config):
    dataset = DATASETS.build({"type": "GroundingDataset", **config()})
    loader = DataLoader(dataset, 2, sampler=EpochSampler(dataset, shuffle=False, seed=0), collate_fn=pseudo_collate, num_workers=2)
    uids = [sample.uid for batch in loader for sample in batch["data_samples"]]
    assert uids == ["train_ann0_0", "train_ann0_1", "train_ann1_0", "train_ann1_2"]


def test_downsampling_keeps_windows_and_seconds_together(config):
    plain = GroundingDataset(**config())[0]
    halved, published = (GroundingDataset(**config(downsample_rate=2, unscaled_stride=flag))[0] for flag in (False, True))
    assert torch.equal(halved["inputs"]["video"], plain["inputs"]["video"][:, ::2])
    assert torch.equal(halved["data_samples"].gt_segments, plain["data_samples"].gt_segments / 2)
    assert (halved["data_samples"].feat_stride, published["data_samples"].feat_stride) == (120, 60)
    assert torch.equal(published["data_samples"].gt_segments, halved["data_samples"].gt_segments)


def test_jitter_follows_from_seed_epoch_and_index(config):
    def windows(seed, epoch, **jitter):
        dataset = GroundingDataset(**config(seed=seed, jitter=jitter))
        return [dataset[SampleKey(epoch, position, 1)]["data_samples"].gt_segments for position in (0, 5)]

    first, again = windows(1, 0)
    assert torch.equal(first, again)
    assert not torch.equal(first, windows(1, 1)[0])
    assert not torch.equal(first, windows(2, 0)[0])
    plain = GroundingDataset(**config())[1]["data_samples"]
    assert first[0, 0] <= plain.gt_segments[0, 0]
    clipped, free = windows(1, 0, max_scale=500)[0], windows(1, 0, max_scale=500, clip=False)[0]
    assert clipped.min() >= 0
    assert clipped.max() <= 10
    assert (free[0, 1] - free[0, 0]) > 10
    sample = GroundingDataset(**config(jitter={}))[1]["data_samples"]
    assert sample.windows == plain.windows


def test_published_shuffle_and_rows(config):
    assert [row["query_id"] for row in (GroundingDataset(**config(shuffle_seed=5)).get_data_info(i) for i in range(4))] != [
        row["query_id"] for row in (GroundingDataset(**config()).get_data_info(i) for i in range(4))
    ]
    assert len(GroundingDataset(**config(indices=3))) == 3


def test_several_lists_become_one_and_shared_ids_are_refused(config):
    assert len(GroundingDataset(**config(ann_file=["train.json", "val.json"], disjoint_from=[]))) == 8
    assert len(GroundingDataset(**config(disjoint_from="val.json"))) == 4
    with pytest.raises(DataError, match=r"4 query ids of train.json, val.json are also in val.json .*'val_ann0_0' first"):
        GroundingDataset(**config(ann_file=["train.json", "val.json"], disjoint_from="val.json"))
    with pytest.raises(DataError, match="'train_ann0_0' occurs twice"):
        GroundingDataset(**config(ann_file=["train.json", "train.json"]))


def test_one_lmdb_for_train_and_val(world, config):
    source = GroundingDataset(**config()).store("video_features")
    with build_feature_writer(world.root / "lmdb", "npz-lmdb") as writer:
        for name in source.names():
            writer.write(name, source.read(name))
    lmdb = {"type": "NpzLMDBFeatures", "path": "lmdb", "dim": 4}
    train, val = (GroundingDataset(**config(split, video_features=lmdb)) for split in ("train", "val"))
    assert train[0]["inputs"]["video"].shape[0] == val[0]["inputs"]["video"].shape[0] == 4


def write_rows(world, *changes):
    row = {"query_id": "train_ann0_0", "video_id": "train-clip0", "duration": 20.0, "query": "where?", "timestamps": [[1, 2]]}
    ids = iter(["train_ann0_0", "train_ann0_1", "train_ann1_0", "train_ann1_1", "train_ann1_2"])
    rows = [{**row, "query_id": next(ids), **change} for change in changes]
    rows = [{key: value for key, value in row.items() if value is not None} for row in rows]
    (world.root / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return dict(ann_file="rows.jsonl", layout="list")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timestamps": [[25, 30]]}, "window 25..30 s lies outside the clip of 20 s"),
        ({"timestamps": [[3, 3]]}, "window 3..3 s has no length"),
        ({"query": "  "}, "sentence missing"),
        ({"timestamps": None}, "windows missing; dataset.predict_only=True"),
        ({"video_id": "nowhere"}, "features missing: .*video has no 'nowhere'"),
        ({"query_id": "nobody_0"}, "features missing: .*text has no 'nobody_0'"),
    ],
)
def test_unusable_queries_are_refused_or_counted(world, config, change, message):
    source = write_rows(world, {}, change, {}, {})
    with pytest.raises(DataError, match=f"1 of 4 queries cannot be used.*{message}"):
        GroundingDataset(**config(**source))
    with pytest.raises(DataError, match=r"the limit is 10.0% \(dataset.max_skipped\)"):
        GroundingDataset(**config(**source, faults="skip", max_skipped=0.1))
    dataset = GroundingDataset(**config(**source, faults="skip", max_skipped=0.25))
    assert len(dataset) == 3
    assert len(dataset.skipped) == 1
    assert len(GroundingDataset(**config(**source, faults="keep"))) == 4


def test_predictions_need_no_windows(world, config):
    dataset = GroundingDataset(**config(**write_rows(world, {"timestamps": None}), predict_only=True))
    sample = dataset[0]["data_samples"]
    assert sample.gt_segments.shape == (0, 2)
    assert sample.gt_labels.shape == (0,)
    assert sample.windows == []


def test_long_clips_and_bad_features_are_refused(world, config):
    with pytest.raises(DataError, match=r"clip 'train-clip0' has .* features; accepted: 1 to dataset.max_seq_len=5"):
        GroundingDataset(**config(max_seq_len=5))[0]
    with pytest.raises(DataError, match="4 wide, dim=5 is configured"):
        GroundingDataset(**config(video_features={"type": "NpyFeatures", "path": "video", "dim": 5}))[0]
    bad = world.root / "bad"
    bad.mkdir()
    for name, array in (("train-clip0", np.full((6, 4), np.nan, np.float32)), ("train-clip1", np.zeros((6, 4), np.int64))):
        np.save(bad / f"{name}.npy", array)
    dataset = GroundingDataset(**config(video_features={"type": "NpyFeatures", "path": "bad", "dim": 4}))
    with pytest.raises(DataError, match="'train-clip0' hold NaN"):
        dataset[0]
    with pytest.raises(DataError, match="'train-clip1' are of type int64"):
        dataset[3]


@pytest.mark.parametrize("kind", ["pt", "hdf5"])
def test_other_stores(world, config, kind):
    from mmxkd.datasets.features import READERS

    source = GroundingDataset(**config())
    with build_feature_writer(world.root / f"video.{kind}", kind) as writer:
        for name in source.store("video_features").names():
            writer.write(name, source.store("video_features").read(name))
    other = GroundingDataset(**config(video_features={"type": READERS[kind], "path": f"video.{kind}", "dim": 4}))
    assert torch.equal(other[2]["inputs"]["video"], source[2]["inputs"]["video"])


def test_missing_files_are_named_before_anything_is_read(config):
    dataset = GroundingDataset(**config(ann_file="no.jsonl", disjoint_from="none.jsonl", lazy_init=True))
    assert [need.key for need in dataset.required_paths()] == [
        "data_root", "ann_file", "disjoint_from", "video_features.path", "text_features.path",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"ann_file='no.jsonl' .*disjoint_from='none.jsonl'"):
        dataset.full_init()
    with pytest.raises(ConfigError, match=r"video_features.path='gone' \(folder"):
        GroundingDataset(**config(video_features={"type": "NpyFeatures", "path": "gone"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": "msrvtt"}, "accepted: list, ego4d_nlq"),
        ({"faults": "ignore"}, "accepted: 'error', 'skip' or 'keep'"),
        ({"max_skipped": 2}, "a share in 0..1"),
        ({"downsample_rate": 0}, "an integer of at least 1"),
        ({"feat_stride": 0}, "a number above 0"),
        ({"jitter": {"scale": 3}}, "accepted: max_scale, clip"),
    ],
)
def test_bad_settings(config, change, message):
    with pytest.raises(ConfigError, match=message):
        GroundingDataset(**config(**change))
