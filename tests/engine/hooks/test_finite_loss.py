from types import SimpleNamespace

import pytest
import torch

from mmxkd.engine.hooks.finite_loss import FiniteLossHook
from mmxkd.errors import ConfigError
from mmxkd.structures import DataSample

RUNNER = SimpleNamespace(iter=4, rank=0, distributed=False)


def test_stops_and_names_parts_and_samples():
    batch = {"data_samples": [DataSample(metainfo={"uid": "a/b"})]}
    outputs = {"loss": torch.tensor(float("nan")), "loss_kd": torch.tensor(float("inf")), "loss_cls": torch.tensor(1.5)}
    with pytest.raises(ConfigError, match=r"step 5 \(rank 0: loss nan, loss_kd inf, loss_cls 1.5; samples a/b\)"):
        FiniteLossHook().after_train_iter(RUNNER, 0, batch, outputs)


def test_lets_numbers_pass_and_keeps_its_interval():
    FiniteLossHook().after_train_iter(RUNNER, 0, {}, {"loss": torch.tensor(-3.0)})
    FiniteLossHook(interval=3).after_train_iter(RUNNER, 0, {}, {"loss": torch.tensor(float("nan"))})
