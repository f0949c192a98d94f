"""What training sees is a function of seed, epoch and sample: the same with any number of workers and ranks, stopped and resumed."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from mmxkd.apis.train import prepare_training
from mmxkd.datasets.parcel import ParcelCollate
from mmxkd.registry import DATA_SAMPLERS, DATASETS, MODELS

sys.path.insert(0, str(Path(__file__).parents[2]))  # the jobs are no part of the installed package

from benchmarks.kill_jobs import SYSTEMS

BATCH = 4


class Job:
    """Data set, sampler and preprocessor of a system's small training run."""

    def __init__(self, system, folder):
        config, options = SYSTEMS[system](folder)
        cfg = prepare_training(config, options=options, work_dir=str(folder / "work"))
        self.dataset = DATASETS.build(cfg.train_dataloader.dataset)
        self.sampler = DATA_SAMPLERS.build(cfg.train_dataloader.sampler, default_args=dict(dataset=self.dataset, seed=cfg.randomness.seed))
        self.preprocessor = MODELS.build(cfg.model).data_preprocessor

    def samples(self, epoch, rank=0, world=1, start=0):
        """Return (epoch, position) -> digest of the sample, in the order in which a rank sees them."""
        sampler = self.sampler.as_rank(rank, world)
        sampler.set_epoch(epoch)
        sampler.set_start(start)
        loader = DataLoader(self.dataset, BATCH, sampler=sampler, collate_fn=pseudo_collate)
        seen = {}
        for batch in loader:
            for place, sample in enumerate(batch["data_samples"]):
                inputs = batch["inputs"]
                mine = {key: value[place] for key, value in inputs.items()} if isinstance(inputs, dict) else inputs[place]
                seen[sample.epoch, sample.position] = digest([mine, dict(sample.items())])
        return seen

    def batches(self, epoch, workers):
        """Return the digest of each preprocessed batch, in order."""
        self.sampler.set_epoch(epoch)
        loader = DataLoader(self.dataset, BATCH, sampler=self.sampler, collate_fn=ParcelCollate(pseudo_collate), num_workers=workers)
        found = []
        for batch in loader:
            ready = self.preprocessor(batch, training=True)
            found.append(digest([ready["inputs"], [dict(sample.items()) for sample in ready["data_samples"]]]))
        return found


def digest(node):
    """Return a hash of tensors and plain values."""
    whole = hashlib.sha256()

    def visit(item):
        if isinstance(item, torch.Tensor):
            whole.update(str((item.dtype, tuple(item.shape))).encode() + item.contiguous().view(-1).numpy().tobytes())
        elif isinstance(item, dict):
            for key in sorted(item):
                whole.update(key.encode())
                visit(item[key])
        elif isinstance(item, (list, tuple)):
            for child in item:
                visit(child)
        else:
            whole.update(repr(item).encode())

    visit(node)
    return whole.hexdigest()


@pytest.fixture(scope="module", params=list(SYSTEMS))
def job(request, tmp_path_factory):
    return Job(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.long)])
def test_with_any_number_of_workers(job, workers):
    torch.manual_seed(1)
    alone = job.batches(1, 0)
    torch.manual_seed(2)
    assert len(alone) > 2
    assert job.batches(1, workers) == alone
    assert job.batches(2, 0) != alone


def test_with_two_ranks_and_resumed(job):
    whole = job.samples(1)
    ranks = [job.samples(1, rank, 2) for rank in range(2)]
    assert abs(len(ranks[0]) - len(ranks[1])) == 0
    together = {**ranks[0], **ranks[1]}
    assert {key: together[key] for key in whole} == whole
    assert not ranks[0].keys() & ranks[1].keys()
    rest = job.samples(1, start=2 * BATCH)
    assert list(rest.items()) == list(whole.items())[2 * BATCH :]
