from types import SimpleNamespace

import pytest
from mmengine.hooks import CheckpointHook
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper
from torch.optim import SGD

from mmxkd.engine.loops import EpochLoop
from mmxkd.errors import ConfigError, DataError, ResourceError


def make_loop(name, length=5, epoch=0, step=0, counts=1, hook=None):
    import torch

    wrapper = OptimWrapper(SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1), accumulative_counts=counts)
    hub = MessageHub.get_instance(name)
    loop = EpochLoop.__new__(EpochLoop)
    loop._runner = SimpleNamespace(message_hub=hub, optim_wrapper=wrapper, hooks=[hook] if hook else [])
    loop.dataloader = range(length)
    loop._epoch, loop._iter, loop._max_iters = epoch, step, 4 * length
    return loop


@pytest.mark.parametrize(("epoch", "step", "expected"), [(0, 0, 0), (2, 10, 0), (2, 13, 3), (2, 15, 5)])
def test_batches_behind_a_checkpoint(epoch, step, expected):
    assert make_loop(f"behind-{step}", epoch=epoch, step=step)._resumed_batches() == expected


def test_another_epoch_length_is_refused():
    make_loop("length", length=5)._resumed_batches()
    with pytest.raises(ConfigError, match="the run to resume had 5 batches per epoch, this one has 10"):
        make_loop("length", length=10, epoch=1, step=5)._resumed_batches()


def test_position_outside_of_the_epoch():
    with pytest.raises(DataError, match="epoch 1 and step 20"):
        make_loop("outside", epoch=1, step=20)._resumed_batches()


@pytest.mark.parametrize(("interval", "counts", "length", "step"), [(3, 2, 6, 3), (2, 2, 5, 6), (4, 3, 12, 4)])
def test_checkpoints_inside_an_accumulated_step_are_refused(interval, counts, length, step):
    hook = CheckpointHook(interval=interval, by_epoch=False)
    with pytest.raises(ConfigError, match=f"interval={interval} would save at step {step}, .*accumulative_counts={counts} "):
        make_loop("accumulate", length=length, counts=counts, hook=hook)._check_checkpoint_interval()


@pytest.mark.parametrize(
    ("interval", "counts", "length", "by_epoch"), [(4, 2, 6, False), (5, 2, 5, False), (1, 2, 5, True), (3, 1, 5, False)]
)
def test_checkpoints_between_steps_are_fine(interval, counts, length, by_epoch):
    make_loop("fine", length=length, counts=counts, hook=CheckpointHook(interval=interval, by_epoch=by_epoch))._check_checkpoint_interval()


def test_out_of_memory_says_what_to_change(monkeypatch):
    import torch

    def fail(*args):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    loop = make_loop("memory", step=6)
    loop.dataloader = SimpleNamespace(batch_sampler=SimpleNamespace(batch_size=64))
    monkeypatch.setattr("mmengine.runner.EpochBasedTrainLoop.run_iter", fail)
    with pytest.raises(ResourceError, match=r"at step 7 with train_dataloader.batch_size=64: CUDA out of memory.*GiB\. Lower .*--amp"):
        loop.run_iter(0, {})
