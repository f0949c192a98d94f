"""No key of a checkpoint is skipped silently."""

import re
from collections.abc import Mapping, Sequence

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor

from mmxkd.errors import DataError
from mmxkd.registry import HOOKS

#: What a distiller keeps beside the student.
DISTILL_PREFIX = "distill."


def find_mismatches(own: Mapping[str, Tensor], loaded: Mapping[str, Tensor]) -> dict[str, str]:
    """Return key -> what is wrong with it, for every key of which file and model do not agree."""
    problems = {key: "not in the checkpoint" for key in own if key not in loaded}
    problems |= {key: "not in the model" for key in loaded if key not in own}
    for key, value in loaded.items():
        if key in own and value.shape != own[key].shape:
            problems[key] = f"{tuple(value.shape)} in the checkpoint, {tuple(own[key].shape)} in the model"
    return problems


@HOOKS.register_module()
class StrictLoadHook(Hook):
    """Refuse a checkpoint that does not fit the model key by key, which MMEngine's loading only warns of.

    ``distill.*`` keys, what a distiller trains beside its student, are left out when the model has none, and may be missing when a
    run starts from a plain student (``load_from`` without ``resume``).

    Args:
        ignore: regular expressions; keys that match may be missing, surplus or of another shape when a run starts from
            ``load_from`` (never when it resumes). Tensors of another shape are dropped from the loaded weights.

    Raises:
        DataError: names the keys; not a training checkpoint where one is resumed from.
    """

    priority = "VERY_HIGH"

    def __init__(self, ignore: Sequence[str] = ()) -> None:
        self.ignore = [re.compile(pattern) for pattern in ignore]

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the keys and shapes, and drop what is allowed to be left out, in place."""
        if runner._resume and not {"meta", "state_dict", "message_hub", "optimizer"} <= set(checkpoint):
            raise DataError(f"load_from={runner._load_from!r} holds weights only; a run can start from it, not resume from it")
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        own = model.state_dict()
        state = checkpoint.get("state_dict", checkpoint)
        has_connectors = any(key.startswith(DISTILL_PREFIX) for key in own)
        for key in [key for key in state if not has_connectors and key.startswith(DISTILL_PREFIX)]:
            del state[key]
        problems = find_mismatches(own, {re.sub(r"^module\.", "", key): value for key, value in state.items()})
        tolerated = [] if runner._resume else [key for key in problems if self._may_differ(key, has_connectors and key not in state)]
        for key in tolerated:
            state.pop(key, None)
            runner.logger.info(f"{key}: {problems.pop(key)}; left as initialised")
        if problems:
            shown = "; ".join(f"{key}: {reason}" for key, reason in list(problems.items())[:6])
            more = f" and {len(problems) - 6} more" if len(problems) > 6 else ""
            raise DataError(f"{runner._load_from or 'the checkpoint'} does not fit the model ({type(model).__name__}): {shown}{more}")

    def _may_differ(self, key: str, is_new_connector: bool) -> bool:
        return (is_new_connector and key.startswith(DISTILL_PREFIX)) or any(pattern.search(key) for pattern in self.ignore)
