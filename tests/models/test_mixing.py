"""Mixup and cutmix: recorded cases, and the draws as functions of (seed, epoch, block)."""

import json

import numpy as np
import pytest
import torch

from mmxkd.errors import ConfigError
from mmxkd.models.mixing import MixupCutmix, box_share, cutmix, cutmix_box, mixup, smooth_one_hot
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample


def test_recorded_cases(shared):
    folder = shared / "reference" / "dvfl"
    case = json.loads((folder / "mixup.json").read_text())
    recorded = {name: torch.from_numpy(value) for name, value in np.load(folder / "mixup.npz").items()}
    targets = smooth_one_hot(recorded["labels"], case["K"], case["smoothing"])
    torch.testing.assert_close(targets, recorded["smoothed_onehot"], atol=1e-6, rtol=0)
    height, width = recorded["x"].shape[-2:]
    for row in case["rows"]:
        key = f"{row['index']}_{row['kind']}"
        perm = recorded[f"{key}__perm"]
        if row["kind"] == "mixup":
            imgs, mixed = mixup(recorded["x"], targets, row["lam"], perm)
        else:
            imgs, mixed = cutmix(recorded["x"], targets, cutmix_box(height, width, row["lam"], tuple(row["center_x_then_y"])), perm)
        torch.testing.assert_close(imgs, recorded[f"{key}__imgs"], atol=case["bars"]["imgs"]["atol"], rtol=0)
        torch.testing.assert_close(mixed, recorded[f"{key}__targets"], atol=case["bars"]["targets"]["atol"], rtol=0)


def test_smooth_one_hot():
    wanted = torch.tensor([[0.1, 0.1, 0.7, 0.1], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(smooth_one_hot(torch.tensor([2, -1]), 4, 0.4), wanted)
    with pytest.raises(ConfigError, match=r"num_classes=4.*labelled 4"):
        smooth_one_hot(torch.tensor([0, 4]), 4)


def test_mixup_by_hand():
    imgs, targets = mixup(torch.tensor([[1.0], [3.0]]), torch.eye(2), 0.75, torch.tensor([1, 0]))
    torch.testing.assert_close(imgs, torch.tensor([[1.5], [2.5]]))
    torch.testing.assert_close(targets, torch.tensor([[0.75, 0.25], [0.25, 0.75]]))


@pytest.mark.parametrize(
    ("lam", "center", "box"),
    [
        (0.75, (10, 5), (5, 3, 15, 7)),
        (0.75, (0, 0), (0, 0, 5, 2)),
        (0.0, (10, 5), (0, 0, 20, 10)),
        (1.0, (10, 5), (10, 5, 10, 5)),
    ],
)
def test_cutmix_box(lam, center, box):
    assert cutmix_box(10, 20, lam, center) == box


def test_cutmix_label_weight_is_the_clipped_area():
    box = (0, 0, 5, 2)
    assert box_share(10, 20, box) == 0.95
    inputs = torch.stack([torch.zeros(1, 10, 20), torch.ones(1, 10, 20)])
    imgs, targets = cutmix(inputs, torch.eye(2), box, torch.tensor([1, 0]))
    assert imgs[0].sum().item() == 10
    assert imgs[0, 0, :2, :5].min().item() == 1
    torch.testing.assert_close(targets, torch.tensor([[0.95, 0.05], [0.05, 0.95]]))
    assert inputs[0].sum().item() == 0


def batch_of(positions, seed=0, epoch=1, size=8):
    """Return clips (N, 1, 1, 2, size, size) filled with their position, and their samples; the label is position % 4."""
    inputs = torch.tensor(positions, dtype=torch.float32).view(-1, 1, 1, 1, 1, 1).expand(-1, 1, 1, 2, size, size).clone()
    samples = []
    for position in positions:
        sample = DataSample(metainfo={"uid": f"v{position}", "seed": seed, "epoch": epoch, "position": position})
        sample.gt_label = torch.tensor(position % 4)
        samples.append(sample)
    return inputs, samples


def test_registered():
    assert MODELS.build(dict(type="MixupCutmix", num_classes=4)).switch_prob == 0.5


def test_blocks_mix_alike_in_any_batch():
    mix = MixupCutmix(4, block_size=2)
    together, samples = batch_of(range(8))
    together = mix(together, samples)
    for start in range(0, 8, 2):
        alone, alone_samples = batch_of([start, start + 1])
        alone = mix(alone, alone_samples)
        assert torch.equal(alone, together[start : start + 2])
        for one, other in zip(alone_samples, samples[start : start + 2], strict=True):
            assert torch.equal(one.gt_score, other.gt_score)
            assert one.mix == other.mix


def test_order_of_rows_does_not_matter():
    mix = MixupCutmix(4, block_size=4)
    sorted_inputs = mix(*batch_of([0, 1, 2, 3]))
    inputs, samples = batch_of([2, 0, 3, 1])
    assert torch.equal(mix(inputs, samples), sorted_inputs[[2, 0, 3, 1]])


def test_partners_stay_in_the_block_and_the_record_replays_the_mix():
    mix = MixupCutmix(4, block_size=4, label_smoothing=0.0)
    cuts = 0
    for epoch in range(20):
        positions = list(range(8, 16))
        inputs, samples = batch_of(positions, epoch=epoch)
        inputs = mix(inputs, samples)
        for row, sample in enumerate(samples):
            partner = int(sample.mix["partner"][1:])
            assert partner // 4 == positions[row] // 4
            own_label, other_label, lam = positions[row] % 4, partner % 4, sample.mix["lam"]
            wanted = lam * torch.eye(4)[own_label] + (1 - lam) * torch.eye(4)[other_label]
            torch.testing.assert_close(sample.gt_score, wanted)
            clip = torch.full((1, 1, 2, 8, 8), float(positions[row]))
            if sample.mix["box"] is None:
                clip = lam * clip + (1 - lam) * partner
            else:
                cuts += 1
                x0, y0, x1, y1 = sample.mix["box"]
                clip[..., y0:y1, x0:x1] = partner
            torch.testing.assert_close(inputs[row], clip)
    assert 40 < cuts < 120


def test_draws_depend_on_seed_epoch_and_block():
    mix = MixupCutmix(4)
    draws = [mix.draw(*key, size=16, height=8, width=8) for key in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]]
    assert len(set(draws)) == 4
    assert mix.draw(0, 0, 0, 16, 8, 8) == draws[0]
    assert sorted(draws[0].perm) == list(range(16))


@pytest.mark.parametrize(("switch_prob", "cut"), [(0.0, False), (1.0, True)])
def test_switch_prob_chooses(switch_prob, cut):
    mix = MixupCutmix(4, switch_prob=switch_prob)
    assert all((mix.draw(0, 0, block, 4, 8, 8).box is not None) == cut for block in range(20))


def test_published_whole_batch_is_keyed_by_its_first_position():
    mix = MixupCutmix(4)
    first, _ = batch_of(range(5))
    first = mix(*batch_of(range(5)))
    assert torch.equal(mix(*batch_of(range(5))), first)
    _, samples = batch_of(range(5, 10))
    mix(batch_of(range(5, 10))[0], samples)
    assert {sample.mix["lam"] for sample in samples} == {mix.draw(0, 1, 5, 5, 8, 8).lam}


def test_an_incomplete_block_names_both_values():
    with pytest.raises(ConfigError, match=r"block_size=4, but a batch of 6 holds 2 samples of block 1 .*multiple"):
        MixupCutmix(4, block_size=4)(*batch_of(range(6)))
    with pytest.raises(ConfigError, match="block_size=4"):
        MixupCutmix(4, block_size=4)(*batch_of([2, 3, 4, 5]))


def test_unlabelled_partner_leaves_the_labelled_share():
    inputs, samples = batch_of([0, 1])
    samples[1].gt_label = torch.tensor(-1)
    mix = MixupCutmix(4, label_smoothing=0.0, block_size=2)
    mix(inputs, samples)
    lam, swapped = samples[0].mix["lam"], samples[0].mix["partner"] == "v1"
    assert samples[0].gt_score.sum().item() == pytest.approx(lam if swapped else 1.0)
    assert samples[1].gt_score.sum().item() == pytest.approx(1 - lam if swapped else 0.0)


@pytest.mark.parametrize(
    "kwargs", [{"mixup_alpha": 0}, {"cutmix_alpha": -1}, {"switch_prob": 2}, {"label_smoothing": -0.1}, {"block_size": 0}]
)
def test_refused_values(kwargs):
    with pytest.raises(ConfigError, match=r"mix\."):
        MixupCutmix(4, **kwargs)
