"""Balanced class weights follow the training set."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmxkd.errors import ConfigError
from mmxkd.registry import HOOKS


@HOOKS.register_module()
class ClassWeightHook(Hook):
    """Tell the model (a distiller's student) how many training records every class has: ``set_class_counts(dataset.class_counts())``.

    Raises:
        ConfigError: the model takes no counts, or the data set has none.
    """

    def before_train(self, runner: Runner) -> None:
        """Count, before the first step of a run and of a resumed one."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        model, dataset = getattr(model, "student", model), runner.train_dataloader.dataset
        for owner, method in ((model, "set_class_counts"), (dataset, "class_counts")):
            if not hasattr(owner, method):
                raise ConfigError(
                    f"ClassWeightHook: {type(owner).__name__} has no {method}(); accepted: a TextAnticipator on a history data set"
                )
        model.set_class_counts(dataset.class_counts())
