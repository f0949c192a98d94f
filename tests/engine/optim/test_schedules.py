import json

import numpy as np
import pytest
import torch

from mmxkd.engine.optim.schedules import WarmupCosineLR, WarmupLinearLR, WarmupStepLR
from mmxkd.errors import ConfigError
from mmxkd.registry import PARAM_SCHEDULERS

COSINE = dict(warmup_steps=4, total_steps=24, start_factor=0.1, min_factor=0.01)
CLASSES = {"cosine": WarmupCosineLR, "step": WarmupStepLR, "linear": WarmupLinearLR}


def run_schedule(cfg, steps, lr=0.5, epoch_length=4):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = PARAM_SCHEDULERS.build(cfg, default_args=dict(optimizer=optimizer, epoch_length=epoch_length))
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates, scheduler


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 0.05), (2, 0.275), (4, 0.466841), (12, 0.2525), (24, 0.005), (99, 0.005)],
)
def test_cosine_values(step, expected):
    assert WarmupCosineLR.lr_at(step, 0.5, **COSINE) == pytest.approx(expected, rel=1e-5)


def test_cosine_drops_where_warm_up_ends():
    before, after = (WarmupCosineLR.lr_at(step, 1.0, warmup_steps=20, total_steps=120, start_factor=0.0) for step in (19, 20))
    assert before == pytest.approx(0.95)
    assert after == pytest.approx(0.9330127, rel=1e-6)


def test_linear_and_step_values():
    line = dict(warmup_steps=2, total_steps=12, start_factor=0.0, min_factor=0.2)
    assert [WarmupLinearLR.lr_at(step, 1.0, **line) for step in (1, 2, 7, 12)] == pytest.approx([0.5, 1.0, 0.6, 0.2])
    steps = dict(warmup_steps=2, total_steps=12, start_factor=0.0, decay_steps=3, decay_rate=0.1)
    assert [WarmupStepLR.lr_at(step, 1.0, **steps) for step in (2, 4, 5, 8)] == pytest.approx([1.0, 1.0, 0.1, 0.01])


def test_delay_refreshes_after_every_nth_step():
    plain = [WarmupCosineLR.lr_at(step, 1.0, **COSINE) for step in range(8)]
    assert [WarmupCosineLR.lr_at(step, 1.0, **COSINE, delay=1) for step in range(4)] == [plain[0], plain[0], plain[1], plain[2]]
    delayed = [WarmupCosineLR.lr_at(step, 1.0, **COSINE, delay=2) for step in range(6)]
    assert delayed == [plain[0], plain[0], plain[1], plain[1], plain[3], plain[3]]


@pytest.mark.parametrize("number", range(4))
def test_whole_published_runs(shared, number):
    case = json.loads((shared / "reference/dvfl/lr_schedule.json").read_text())["cases"][number]
    expected = np.load(shared / "reference/dvfl/lr_schedule.npz")[f"lr_{number}"]
    kind = case.get("sched", "cosine")
    cfg = dict(type=CLASSES[kind].__name__, convert_to_iter_based=True, warmup_epochs=case["warm"], end=case["epochs"], delay=1)
    cfg["start_factor"] = case["wlr"] / case["base"]
    if kind != "step":
        cfg["min_factor"] = case["mlr"] / case["base"]
    rates, _ = run_schedule(cfg, len(expected), lr=case["scaled_base"], epoch_length=case["n_iter"])
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


def test_rates_of_the_published_steps(shared):
    case = json.loads((shared / "reference/dvfl/kd_trajectory.json").read_text())
    for variant in case["variants"].values():
        s = variant["settings"]
        rule = dict(warmup_steps=int(s["warmup_epochs"] * s["n_iter"]), total_steps=s["epochs"] * s["n_iter"])
        rule |= dict(start_factor=s["warmup_lr"] / s["lr"], min_factor=s["min_lr"] / s["lr"], delay=s.get("acc", 1))
        rates = [WarmupCosineLR.lr_at(step, s["lr"], **rule) for step in range(5)]
        np.testing.assert_allclose(rates, variant["per_step"]["lr"], rtol=1e-9)


def test_epochs_default_to_the_length_of_the_run():
    per_epoch, _ = run_schedule(dict(type="WarmupCosineLR", convert_to_iter_based=True, warmup_epochs=0.5, end=3), 12)
    per_step, _ = run_schedule(dict(type="WarmupCosineLR", by_epoch=False, warmup_steps=2, end=12), 12)
    assert per_epoch == per_step
    assert per_epoch[2:4] == pytest.approx([0.5 / 2 * (1 + np.cos(np.pi * k / 12)) for k in (2, 3)])


def test_resume_restores_counters_and_keeps_the_configured_rule():
    _, old = run_schedule(dict(type="WarmupCosineLR", by_epoch=False, end=12), 5)
    _, new = run_schedule(dict(type="WarmupCosineLR", by_epoch=False, end=24), 0)
    new.load_state_dict(old.state_dict())
    assert new.last_step == 5
    assert new.rule["total_steps"] == 24


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (dict(type="WarmupCosineLR", warmup_steps=3), "convert_to_iter_based=True"),
        (dict(type="WarmupCosineLR", by_epoch=False, warmup_steps=-1, end=20), "warmup_steps=-1"),
        (dict(type="WarmupLinearLR", by_epoch=False, end=20, min_factor=-1), "min_factor=-1"),
        (dict(type="WarmupStepLR", by_epoch=False, end=20, decay_steps=0), "decay_steps=0"),
    ],
)
def test_values_out_of_range(cfg, message):
    with pytest.raises(ConfigError, match=message):
        run_schedule(cfg, 0)


def test_a_run_may_end_inside_its_warm_up():
    rates, _ = run_schedule(dict(type="WarmupCosineLR", by_epoch=False, warmup_steps=8, end=2), 2)
    assert rates == pytest.approx([0.005, 0.005 + 0.495 / 8])


def test_step_schedule_takes_no_minimum():
    with pytest.raises(TypeError, match="min_factor"):
        WarmupStepLR.lr_at(5, 1.0, warmup_steps=0, total_steps=9, start_factor=0.1, min_factor=0.1, decay_steps=3)
