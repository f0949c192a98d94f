"""Epoch-based training that can be killed at any moment and resumed."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from mmengine.hooks import CheckpointHook
from mmengine.optim import OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmxkd.errors import ConfigError, DataError, ResourceError
from mmxkd.registry import LOOPS

_EPOCH_LENGTH = "epoch_length"
_VALIDATED = "epoch_validated"


def forget_validation(runner: Runner) -> None:
    """Let a run resumed from the next checkpoint repeat the validation that is under way."""
    runner.message_hub.runtime_info.pop(_VALIDATED, None)


@LOOPS.register_module()
class EpochLoop(EpochBasedTrainLoop):
    """MMEngine's epoch loop, exact under stopping and resuming.

    - A checkpoint from inside an epoch resumes at the batch after it: the sampler skips what this rank has seen
      (``set_start``, see ``EpochSampler``); samplers without it are read past.
    - A checkpoint from between an epoch and its validation resumes with that validation.
    - Gradient accumulation starts anew with every epoch: the last optimizer step of an epoch averages what is left over, so no
      gradient is lost where an epoch ends.

    Arguments are those of MMEngine's ``EpochBasedTrainLoop``.

    Raises:
        ConfigError: iterations between two checkpoints that would fall between the halves of an accumulated step, or a resumed run
            whose epoch has another number of batches.
    """

    def run(self) -> Any:
        """Train, and return the model."""
        self._check_checkpoint_interval()
        start = self._resumed_batches()
        self.runner.call_hook("before_train")
        if self._epoch > 0 and start == 0:
            self._validate()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch(start)
            start = 0
            self._validate()
        self.runner.call_hook("after_train")
        return self.runner.model

    def run_epoch(self, start: int = 0) -> None:
        """Run one epoch from its batch number ``start`` on."""
        self.runner.call_hook("before_train_epoch")
        self.runner.model.train()
        self.runner.optim_wrapper.initialize_count_status(self.runner.model, start, len(self.dataloader))
        for idx, data_batch in self._batches(start):
            self.run_iter(idx, data_batch)
        self.runner.call_hook("after_train_epoch")
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Run one step; raises ``ResourceError`` where the device's memory does not hold it."""
        try:
            super().run_iter(idx, data_batch)
        except torch.OutOfMemoryError as error:
            size = getattr(getattr(self.dataloader, "batch_sampler", None), "batch_size", None)
            raise ResourceError(
                f"out of memory at step {self._iter + 1} with train_dataloader.batch_size={size}: {str(error).splitlines()[0]} "
                "Lower the batch size and set optim_wrapper.accumulative_counts to make up for it, or train with --amp"
            ) from error

    def _batches(self, start: int) -> Iterator[tuple[int, Any]]:
        """Yield (number in the epoch, batch) from batch ``start`` on."""
        if not start:
            return enumerate(self.dataloader)
        self.runner.logger.info(f"resuming inside epoch {self._epoch + 1} after batch {start} of {len(self.dataloader)}")
        batch_sampler = self.dataloader.batch_sampler
        sampler = batch_sampler.sampler
        if not hasattr(sampler, "set_start"):
            return islice(enumerate(self.dataloader), start, None)
        sampler.set_start(min(start * batch_sampler.batch_size, len(sampler)))
        return enumerate(self.dataloader, start)

    def _validate(self) -> None:
        """Validate after epoch ``self._epoch`` if that is due and was not done before the run was stopped."""
        self._decide_current_val_interval()
        hub = self.runner.message_hub
        due = self._epoch >= self.val_begin and (self._epoch % self.val_interval == 0 or self._epoch == self._max_epochs)
        if self.runner.val_loop is None or not due or hub.runtime_info.get(_VALIDATED) == self._epoch:
            return
        hub.update_info(_VALIDATED, self._epoch)
        self.runner.val_loop.run()

    def _resumed_batches(self) -> int:
        """Return how many batches of the current epoch the checkpoint has behind it; 0 for a new run."""
        hub, length = self.runner.message_hub, len(self.dataloader)
        saved = hub.runtime_info.get(_EPOCH_LENGTH, length)
        hub.update_info(_EPOCH_LENGTH, length)
        if self._iter and saved != length:
            raise ConfigError(
                f"the run to resume had {saved} batches per epoch, this one has {length}; keep train_dataloader.batch_size times the "
                "number of processes, or start a new run from the weights with load_from and without --resume"
            )
        done = self._iter - self._epoch * length
        if not 0 <= done <= length:
            raise DataError(
                f"the checkpoint stands at epoch {self._epoch} and step {self._iter}, impossible with {length} batches per epoch"
            )
        return done

    def _check_checkpoint_interval(self) -> None:
        """Refuse to save where gradients wait for their optimizer step: a checkpoint does not hold them."""
        wrapper, length = self.runner.optim_wrapper, len(self.dataloader)
        counts = wrapper._accumulative_counts if isinstance(wrapper, OptimWrapper) else 1
        for hook in self.runner.hooks:
            if not isinstance(hook, CheckpointHook) or hook.by_epoch or hook.interval <= 0:
                continue
            for step in range(hook.interval, self._max_iters + 1, hook.interval):
                if step % length % counts:
                    raise ConfigError(
                        f"default_hooks.checkpoint.interval={hook.interval} would save at step {step}, in the middle of an optimizer "
                        f"step of optim_wrapper.accumulative_counts={counts} batches; accepted: by_epoch=True, or multiples of "
                        f"{counts} where it divides the {length} batches of an epoch"
                    )
