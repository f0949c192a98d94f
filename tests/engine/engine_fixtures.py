"""Toy runs in processes of their own."""

import os
import textwrap
import traceback
from pathlib import Path

import pytest

BASE = """
custom_imports = dict(imports=["engine_toys"], allow_failed_imports=False)
model = dict(type="ToyNet")
train_dataloader = dict(
    batch_size=4, num_workers=0, dataset=dict(type="ToyDataset", length=20), sampler=dict(type="EpochSampler", shuffle=True)
)
val_dataloader = dict(
    batch_size=4, num_workers=0, dataset=dict(type="ToyDataset", length=10), sampler=dict(type="EpochSampler", shuffle=False)
)
test_dataloader = val_dataloader
val_evaluator = dict(type="ToyMetric")
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
train_cfg = dict(type="EpochLoop", max_epochs=4, val_interval=1)
optim_wrapper = dict(
    constructor="DecayByShapeConstructor",
    optimizer=dict(type="SGD", lr=0.1, momentum=0.9, weight_decay=0.01),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = dict(type="WarmupCosineLR", convert_to_iter_based=True, warmup_epochs=1)
visualizer = None
"""


@pytest.fixture
def toy_config(repo, tmp_path):
    """Return a function that writes a toy config with more lines, and returns its path."""

    def write(lines: str = "", name: str = "toy.py", runtime: bool = True) -> Path:
        path = tmp_path / name
        base = f"_base_ = [{str(repo / 'configs/_base_/default_runtime.py')!r}]" if runtime else ""
        path.write_text(f"{base}\n{BASE}{textwrap.dedent(lines)}")
        return path

    return write


@pytest.fixture
def in_child():
    """Return a function that calls another in a forked process and returns the exit status, negative for a signal.

    MMEngine keeps logs and hubs of all runs of a process; a fork starts clean and needs no imports.
    """

    def run(function, *args, **kwargs) -> int:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                function(*args, **kwargs)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)

    return run
