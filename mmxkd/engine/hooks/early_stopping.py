"""Early stopping that outlives a restart."""

from mmengine.hooks import EarlyStoppingHook
from mmengine.runner import Runner

from mmxkd.registry import HOOKS

_STATE = "early_stopping"


@HOOKS.register_module()
class ResumableEarlyStoppingHook(EarlyStoppingHook):
    """MMEngine's ``EarlyStoppingHook`` whose patience and best score are saved with the checkpoint.

    Arguments and rule are MMEngine's; note that its ``min_delta`` is 0.1 by default, which is 10 points of a top-1 in 0..1.
    """

    #: Before ``CheckpointHook``, so that a checkpoint written after a validation knows its outcome.
    priority = "LOW"

    def before_train(self, runner: Runner) -> None:
        """Take up the state of the checkpoint that was resumed from."""
        state = runner.message_hub.runtime_info.get(_STATE)
        if state is not None:
            self.wait_count, self.best_score = state["wait_count"], state["best_score"]

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float]) -> None:
        """Decide whether to stop, and keep the state."""
        super().after_val_epoch(runner, metrics)
        runner.message_hub.update_info(_STATE, {"wait_count": self.wait_count, "best_score": float(self.best_score)})
