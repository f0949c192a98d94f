from types import SimpleNamespace

import pytest
from torch import nn

from mmxkd.engine.hooks.training_set import TrainingSetHook
from mmxkd.errors import ConfigError


class Learner(nn.Module):
    def learn_from(self, dataset):
        self.seen = dataset


def runner(model):
    return SimpleNamespace(model=model, train_dataloader=SimpleNamespace(dataset="records"))


def test_shows_the_training_set_to_the_model_or_the_student():
    model, distiller = Learner(), nn.Module()
    distiller.student = Learner()
    for shown in (model, distiller):
        TrainingSetHook().before_train(runner(shown))
    assert (model.seen, distiller.student.seen) == ("records", "records")


def test_a_model_that_asks_nothing():
    with pytest.raises(ConfigError, match="Linear asks nothing of its training set"):
        TrainingSetHook().before_train(runner(nn.Linear(1, 1)))
