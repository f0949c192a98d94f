"""Which weights a run does not take over from the one it starts from."""

import re
from collections.abc import Sequence

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS


@HOOKS.register_module()
class ResetOnLoadHook(Hook):
    """Drop weights from a ``load_from`` checkpoint, so that they stay as initialised; resuming takes everything over.

    The same patterns belong in ``default_hooks.strict_load.ignore``, which otherwise misses the keys.

    Args:
        keys: regular expressions found in the names, e.g. ``['head']`` for fine-tuning with new heads.

    Raises:
        ConfigError: a pattern that no key of the checkpoint matches.
    """

    # Before StrictLoadHook, which compares what is left.
    priority = "HIGHEST"

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = [re.compile(key) for key in keys]

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Drop the keys, in place."""
        if runner._resume or not isinstance(runner._train_loop, BaseLoop):
            return
        state = checkpoint.get("state_dict", checkpoint)
        for pattern in self.keys:
            found = [key for key in state if pattern.search(key)]
            if not found:
                raise ConfigError(f"ResetOnLoadHook.keys: {pattern.pattern!r} matches no key of {runner._load_from}")
            for key in found:
                del state[key]
            runner.logger.info(f"{len(found)} tensors matching {pattern.pattern!r} not taken over from {runner._load_from}")
