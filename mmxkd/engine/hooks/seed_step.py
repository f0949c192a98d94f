"""The model's own draws as a function of (seed, step, rank)."""

import random
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS
from mmxkd.seeding import derive_seed


@HOOKS.register_module()
class SeedStepHook(Hook):
    """Seed torch (all devices), NumPy and Python before every training step.

    Dropout and drop path then do not depend on how many draws came before, so a run that is stopped and resumed repeats them.

    Raises:
        ConfigError: a run is resumed with another seed than it was started with.
    """

    priority = "LOWEST"

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the step ``runner.iter`` of this rank."""
        seed = derive_seed("model", runner.seed, runner.iter, runner.rank)
        # The general call also leaves a note for every kind of accelerator that is not there, which takes a millisecond.
        (torch.manual_seed if torch.accelerator.is_available() else torch.default_generator.manual_seed)(seed)
        np.random.seed(seed)
        random.seed(seed)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the seeds: samplers and views of the resumed run have been built with the configured one."""
        saved = checkpoint.get("meta", {}).get("seed")
        if runner._resume and saved is not None and saved != runner.seed:
            raise ConfigError(
                f"randomness.seed={runner.seed}, but the checkpoint to resume from was made with {saved}; set randomness.seed={saved}"
            )
