"""A batch that crosses from a worker to the training process."""

import os
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mmxkd.datasets.parcel import ParcelCollate
from mmxkd.engine.runner import DistillRunner
from mmxkd.structures import DataSample

ODD = (
    torch.arange(3),
    torch.arange(2000.0).view(40, 50),
    torch.arange(2000.0).view(40, 50).T,
    torch.tensor(3).expand(1),
    torch.tensor(3).expand(2, 3),
    torch.tensor(3.0).expand(40, 50),
    torch.zeros(0, 3),
    torch.zeros(0, 3000),
    torch.tensor(True),
    torch.ones(5, dtype=torch.bfloat16),
    torch.full((3000,), 7, dtype=torch.bfloat16)[::2],
    torch.tensor([1 + 2j]).conj(),
    torch.eye(3).to_sparse(),
    torch.ones(2, requires_grad=True),
)


class Clips(Dataset):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict:
        sample = DataSample(gt_label=torch.tensor(index), metainfo={"uid": f"v{index}", "broken": []})
        return {"inputs": torch.full((1, 3, 8, 20, 20), index, dtype=torch.uint8), "data_samples": sample}


class Oddities(Clips):
    def __getitem__(self, index: int) -> dict:
        return {"odd": list(ODD), "text": "a text", "array": np.arange(3), "none": None}


def load(dataset: Dataset, collate, workers: int) -> list:
    return list(DataLoader(dataset, 4, collate_fn=collate, num_workers=workers))


def storages(tensors: Sequence[Tensor]) -> int:
    return len({tensor.untyped_storage().data_ptr() for tensor in tensors})


@pytest.mark.parametrize("workers", [0, 1])
def test_batch_arrives_as_the_collate_function_made_it(workers):
    plain, parcels = load(Clips(), pseudo_collate, 0), load(Clips(), ParcelCollate(pseudo_collate), workers)
    assert len(plain) == len(parcels) == 2
    for expected, batch in zip(plain, parcels, strict=True):
        assert type(batch) is dict
        assert [clip.tolist() for clip in batch["inputs"]] == [clip.tolist() for clip in expected["inputs"]]
        assert [sample.to_dict() for sample in batch["data_samples"]] == [sample.to_dict() for sample in expected["data_samples"]]


def test_large_tensors_of_a_batch_share_a_block_and_labels_keep_none_of_it():
    batch = load(Clips(), ParcelCollate(pseudo_collate), 1)[0]
    assert storages(batch["inputs"]) == 1
    labels = [sample.gt_label for sample in batch["data_samples"]]
    assert storages(labels) == 4
    assert all(label.untyped_storage().nbytes() == 8 for label in labels)


def test_tensors_of_every_kind_survive():
    batch = load(Oddities(), ParcelCollate(lambda samples: samples), 1)[0]
    for sample in batch:
        assert (sample["text"], sample["array"].tolist(), sample["none"]) == ("a text", [0, 1, 2], None)
        for sent, received in zip(ODD, sample["odd"], strict=True):
            assert (received.dtype, received.shape, received.layout) == (sent.dtype, sent.shape, sent.layout)
            assert torch.equal(received.to_dense(), sent.detach().to_dense())


def test_a_batch_costs_one_open_file():
    loader = iter(DataLoader(Clips(), 4, collate_fn=ParcelCollate(pseudo_collate), num_workers=1))
    kept = [next(loader)]
    before = len(os.listdir("/proc/self/fd"))
    kept.append(next(loader))
    assert len(os.listdir("/proc/self/fd")) - before <= 1
    assert len(kept) == 2


class Unsendable(Clips):
    def __getitem__(self, index: int) -> dict:
        return {"inputs": torch.zeros(3), "data_samples": lambda: None}


def test_what_cannot_be_sent_is_an_error_and_not_a_wait():
    with pytest.raises(AttributeError, match="local object"):
        load(Unsendable(), ParcelCollate(pseudo_collate), 1)


def test_the_runner_wraps_every_collate_function_it_builds():
    config = dict(dataset=Clips(), batch_size=4, sampler=dict(type="DefaultSampler", shuffle=False), num_workers=0)
    built = DistillRunner.build_dataloader(config)
    assert isinstance(built.collate_fn, ParcelCollate)
    assert DistillRunner.build_dataloader(built).collate_fn is built.collate_fn
