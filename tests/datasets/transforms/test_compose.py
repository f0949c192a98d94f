"""Every draw follows from (seed, epoch, sample, transform)."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmxkd.datasets import samplers
from mmxkd.datasets.samplers import EpochSampler
from mmxkd.datasets.transforms import ArrayVideo, SeededCompose
from mmxkd.seeding import make_rng

TRAIN = [
    dict(type="OpenVideo"),
    dict(type="SampleFrames", num_clips=3),
    dict(type="DecodeFrames"),
    dict(type="mmaction.RandomResizedCrop"),
    dict(type="mmaction.Resize", scale=(16, 16), keep_ratio=False),
    dict(type="mmaction.Flip", flip_ratio=0.5),
    dict(type="ColorJitter"),
    dict(type="RandomGrayscale"),
    dict(type="PackVideo", num_frames=3),
]
VIDEO = ArrayVideo(np.random.RandomState(0).randint(0, 256, size=(60, 24, 32, 3)).astype(np.uint8))


def run(pipeline, key):
    return pipeline({"video": VIDEO, "rng_key": key, "uid": str(key[2]), "label": 0})["inputs"]


def record(results):
    """A transform of another library: draws from the global streams."""
    results.setdefault("drawn", []).append((np.random.rand(), random.random(), results["rng"].rand()))
    return results


def test_same_key_same_pixels_whatever_came_before():
    pipeline = SeededCompose(TRAIN)
    first = run(pipeline, (0, 3, 7))
    run(pipeline, (0, 3, 8))
    assert torch.equal(run(pipeline, (0, 3, 7)), first)
    assert torch.equal(run(SeededCompose(TRAIN), (0, 3, 7)), first)


@pytest.mark.parametrize("key", [(1, 3, 7), (0, 4, 7), (0, 3, 8)])
def test_every_part_of_the_key_matters(key):
    pipeline = SeededCompose(TRAIN)
    assert not torch.equal(run(pipeline, key), run(pipeline, (0, 3, 7)))


def test_streams_are_those_of_the_key():
    drawn = SeededCompose([record, record])({"rng_key": (0, 1, 2)})["drawn"]
    wanted = [make_rng("view", 0, 1, 2, number, "record").rand() for number in range(2)]
    assert [own for _, _, own in drawn] == wanted
    assert [numpy_draw for numpy_draw, _, _ in drawn] == wanted
    assert drawn[0][1] != drawn[1][1]


def test_global_streams_are_left_alone():
    np_state, py_state = np.random.get_state(), random.getstate()
    run(SeededCompose(TRAIN), (0, 0, 0))
    assert all(np.array_equal(now, then) for now, then in zip(np.random.get_state(), np_state, strict=True))
    assert random.getstate() == py_state


def test_a_transform_at_the_end_changes_no_other_draw():
    pipeline = SeededCompose([record])
    longer = SeededCompose([record, record])
    assert longer({"rng_key": (0, 0, 0)})["drawn"][0] == pipeline({"rng_key": (0, 0, 0)})["drawn"][0]


def test_unknown_transform_is_named():
    with pytest.raises(KeyError, match="Rezise"):
        SeededCompose([dict(type="Rezise")])


def test_a_transform_that_returns_nothing_is_named():
    with pytest.raises(ValueError, match=r"transform 0 \(<lambda>\)"):
        SeededCompose([lambda results: None])({"rng_key": (0, 0, 0)})


def test_dummy_is_zero_and_keeps_the_sample():
    pipeline = SeededCompose([*TRAIN[:3], *TRAIN[4:]])
    broken = {"filename": "none.mp4", "rng_key": (0, 0, 5), "uid": "none", "index": 5, "label": 2, "broken": ["none.mp4"]}
    packed = pipeline.dummy(dict(broken))
    assert packed["inputs"].shape == (1, 3, 3, 16, 16)
    assert packed["inputs"].dtype == torch.uint8
    assert not packed["inputs"].any()
    assert packed["data_samples"].broken == ["none.mp4"]
    assert packed["data_samples"].index == 5
    assert packed["data_samples"].gt_label.item() == 2


def test_dummy_takes_the_shape_of_the_last_good_sample():
    pipeline = SeededCompose([*TRAIN[:3], TRAIN[-1]])
    assert pipeline.dummy({"rng_key": (0, 0, 0)})["inputs"].shape == (1, 3, 3, 240, 320)
    run(pipeline, (0, 0, 1))
    assert pipeline.dummy({"rng_key": (0, 0, 0)})["inputs"].shape == (1, 3, 3, 24, 32)


class Clips(Dataset):
    """Ten different samples of one video."""

    def __init__(self):
        self.pipeline = SeededCompose(TRAIN)

    def __len__(self):
        return 10

    def __getitem__(self, key):
        return key.index, run(self.pipeline, (0, key.epoch, key.index))


def epoch_of(monkeypatch, workers=0, rank=0, world=1):
    monkeypatch.setattr(samplers, "get_dist_info", lambda: (rank, world))
    sampler = EpochSampler(Clips(), seed=0)
    sampler.set_epoch(2)
    return {
        index: clip
        for batch in DataLoader(Clips(), batch_size=3, sampler=sampler, num_workers=workers, collate_fn=list)
        for index, clip in batch
    }


def test_samples_do_not_depend_on_workers_or_ranks(monkeypatch):
    alone = epoch_of(monkeypatch)
    assert sorted(alone) == list(range(10))
    workers = epoch_of(monkeypatch, workers=2)
    ranks = epoch_of(monkeypatch, rank=0, world=2) | epoch_of(monkeypatch, rank=1, world=2)
    for index, clip in alone.items():
        assert torch.equal(workers[index], clip)
        assert torch.equal(ranks[index], clip)
