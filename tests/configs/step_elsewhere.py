"""``python step_elsewhere.py CONFIG ...``: train a step and predict a batch on the CPU and on another device, and compare.

A process of its own: PyTorch counts a process's devices at its first backward pass.
"""

import sys
import tempfile
import traceback
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mmxkd.apis.train import train
from mmxkd.engine.runner import DistillRunner

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from other_device import elsewhere, other_device
from prepared import prepare


def step(model: nn.Module, batch: Any) -> dict[str, Tensor]:
    """Return the losses of a training step on ``batch``, and the gradients of their sum."""
    torch.manual_seed(0)
    model.train()
    data = model.data_preprocessor(deepcopy(batch), True)
    losses = {name: value.sum() for name, value in model(**data, mode="loss").items() if name.startswith("loss")}
    torch.stack(list(losses.values())).sum().backward()
    return losses | {f"gradient of {name}": value.grad for name, value in model.named_parameters() if value.grad is not None}


def predict(model: nn.Module, batch: Any, runner: DistillRunner) -> dict[str, Tensor]:
    """Return what the model predicts of a batch, after the metrics have taken it in."""
    torch.manual_seed(0)
    model.eval()
    with torch.no_grad():
        samples = model(**model.data_preprocessor(deepcopy(batch), False), mode="predict")
    evaluator = runner.build_evaluator(runner.cfg.test_evaluator)
    evaluator.dataset_meta = runner.test_dataset_meta
    evaluator.process(samples, batch)
    plain = [dict(sorted(sample.items())) if isinstance(sample, BaseDataElement) else sample for sample in samples]
    return {f"prediction {number}": leaf for number, leaf in enumerate(tree_leaves(plain)) if isinstance(leaf, Tensor)}


def compare(path: str) -> None:
    """Raise where the two devices disagree, or where a tensor was made on the wrong one."""
    options = prepare(path)
    with tempfile.TemporaryDirectory() as folder:
        runner = train(path, work_dir=folder, options=options)
    batch, tests = next(iter(runner.train_dataloader)), None
    if runner.cfg.get("test_dataloader"):
        loader = DistillRunner.build_dataloader(deepcopy(runner.cfg.test_dataloader))
        runner.test_dataset_meta, tests = getattr(loader.dataset, "metainfo", None), next(iter(loader))
    model, copy = runner.model, deepcopy(runner.model)
    model.zero_grad(set_to_none=True)
    expected = step(model, batch) | (predict(model, tests, runner) if tests else {})
    with elsewhere(copy) as device:
        with pytest.raises(RuntimeError, match="two devices"):
            torch.ones(2, device=device) + torch.ones(2)
        found = step(copy, batch)
        assert {value.device for value in found.values()} == {device}
        found |= predict(copy, tests, runner) if tests else {}
        found = {name: value.cpu() for name, value in found.items()}
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}")


if __name__ == "__main__":
    other_device()
    for config in sys.argv[1:]:
        try:
            compare(config)
            print(f"SAME {config}", flush=True)
        except Exception as error:
            traceback.print_exc()
            print(f"DIFFERS {config}: {type(error).__name__}: {error}".splitlines()[0], flush=True)
