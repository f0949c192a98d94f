"""What a model has to know about its training set."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS


@HOOKS.register_module()
class TrainingSetHook(Hook):
    """Show the training set to the model (a distiller's student) before the first step: ``model.learn_from(dataset)``.

    Class weights follow the records' counts that way, and an action's verb and noun the data set's table.

    Raises:
        ConfigError: the model has no ``learn_from``.
    """

    def before_train(self, runner: Runner) -> None:
        """Show it, at the beginning of a run and of a resumed one."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        model = getattr(model, "student", model)
        if not hasattr(model, "learn_from"):
            raise ConfigError(f"TrainingSetHook: {type(model).__name__} asks nothing of its training set; leave the hook out")
        model.learn_from(runner.train_dataloader.dataset)
