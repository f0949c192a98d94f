"""Mixing samples of a batch: mixup (Zhang et al. 2018) and cutmix (Yun et al. 2019) with smoothed labels.

Box rule and label weights as in timm's ``Mixup`` family and hayatkhan8660-maker/DVFL-Net; the draws are functions of
(seed, epoch, block of positions) instead of a running stream.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS
from mmxkd.seeding import make_rng
from mmxkd.structures import DataSample

#: x0, y0, x1, y1 in pixels, the upper ends excluded.
Box = tuple[int, int, int, int]


class Mix(NamedTuple):
    """One draw: ``perm`` gives every sample its partner; ``lam`` is the sample's own share of the label; no ``box`` means mixup."""

    lam: float
    perm: tuple[int, ...]
    box: Box | None


def smooth_one_hot(labels: Tensor, num_classes: int, smoothing: float = 0.0) -> Tensor:
    """Return soft targets, float32 (N, K), from labels (N,): 1 - e + e / K at the label, e / K elsewhere.

    A label of -1 (unlabelled) gives a row of zeros, so that its weight in a soft-target cross entropy vanishes.

    Raises:
        ConfigError: A label outside -1 ... K - 1.
    """
    outside = labels[(labels < -1) | (labels >= num_classes)]
    if outside.numel():
        raise ConfigError(
            f"mix.num_classes={num_classes}, but a sample is labelled {int(outside[0])}; accepted: -1 (unlabelled) to {num_classes - 1}"
        )
    labelled = (labels >= 0).unsqueeze(1)
    targets = torch.full((len(labels), num_classes), smoothing / num_classes, device=labels.device)
    targets.scatter_(1, labels.clamp(min=0).unsqueeze(1), 1.0 - smoothing + smoothing / num_classes)
    return targets * labelled


def _blend(values: Tensor, lam: float, perm: Tensor) -> Tensor:
    return values[perm].mul_(1.0 - lam).add_(values, alpha=lam)


def mixup(inputs: Tensor, targets: Tensor, lam: float, perm: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``lam * own + (1 - lam) * partner`` of float inputs (N, ...) and targets (N, K); ``perm`` (N,) names the partners."""
    return _blend(inputs, lam, perm), _blend(targets, lam, perm)


def cutmix_box(height: int, width: int, lam: float, center: tuple[int, int]) -> Box:
    """Return the box of area (1 - lam) * H * W around ``center`` (x, y), clipped to the image; its sides are even before clipping."""
    ratio = (1.0 - lam) ** 0.5
    half_w, half_h = int(width * ratio) // 2, int(height * ratio) // 2
    x, y = center
    return max(x - half_w, 0), max(y - half_h, 0), min(x + half_w, width), min(y + half_h, height)


def box_share(height: int, width: int, box: Box) -> float:
    """Return the share of the image that lies outside ``box``: the label weight that goes with it."""
    x0, y0, x1, y1 = box
    return 1.0 - (x1 - x0) * (y1 - y0) / (height * width)


def cutmix(inputs: Tensor, targets: Tensor, box: Box, perm: Tensor) -> tuple[Tensor, Tensor]:
    """Return inputs (N, ..., H, W) whose ``box`` shows the partner, and targets (N, K) weighted by the box's true area."""
    x0, y0, x1, y1 = box
    height, width = inputs.shape[-2:]
    mixed = inputs.clone()
    mixed[..., y0:y1, x0:x1] = inputs[..., y0:y1, x0:x1][perm]
    return mixed, _blend(targets, box_share(height, width, box), perm)


@MODELS.register_module()
class MixupCutmix:
    """Mix a training batch, block by block: one choice, weight, box and permutation for a block and all its frames.

    Args:
        num_classes: K.
        mixup_alpha: Beta(a, a) of mixup's weight.
        cutmix_alpha: Beta(a, a) of cutmix's weight.
        switch_prob: Probability of cutmix; 0 is mixup only, 1 cutmix only.
        label_smoothing: e of ``smooth_one_hot``.
        block_size: Positions that are mixed among themselves, keyed by (seed, epoch, block): the same mix on any number of ranks.
            Give the sampler the same ``block_size``. ``None`` mixes whole batches as published, keyed by (seed, epoch, first position).

    Raises:
        ConfigError: A value out of range.
    """

    def __init__(
        self,
        num_classes: int,
        mixup_alpha: float = 0.8,
        cutmix_alpha: float = 1.0,
        switch_prob: float = 0.5,
        label_smoothing: float = 0.1,
        block_size: int | None = None,
    ) -> None:
        for name, value in (("mixup_alpha", mixup_alpha), ("cutmix_alpha", cutmix_alpha)):
            if value <= 0:
                raise ConfigError(f"mix.{name}={value}; accepted: above 0 (choose between the two with switch_prob)")
        for name, value in (("switch_prob", switch_prob), ("label_smoothing", label_smoothing)):
            if not 0 <= value <= 1:
                raise ConfigError(f"mix.{name}={value}; accepted: 0 to 1")
        if block_size is not None and block_size < 1:
            raise ConfigError(f"mix.block_size={block_size}; accepted: None (the whole batch) or at least 1")
        self.num_classes = num_classes
        self.mixup_alpha = mixup_alpha
        self.cutmix_alpha = cutmix_alpha
        self.switch_prob = switch_prob
        self.label_smoothing = label_smoothing
        self.block_size = block_size

    def draw(self, seed: int, epoch: int, block: int, size: int, height: int, width: int) -> Mix:
        """Return the mix of a block of ``size`` samples: nothing but a function of the arguments."""
        rng = make_rng("mix", seed, epoch, block)
        cut = rng.random_sample() < self.switch_prob
        alpha = self.cutmix_alpha if cut else self.mixup_alpha
        lam = float(rng.beta(alpha, alpha))
        perm = tuple(rng.permutation(size).tolist())
        if not cut:
            return Mix(lam, perm, None)
        box = cutmix_box(height, width, lam, (int(rng.randint(width)), int(rng.randint(height))))
        return Mix(box_share(height, width, box), perm, box)

    def __call__(self, inputs: Tensor, data_samples: Sequence[DataSample]) -> Tensor:
        """Return the mixed inputs; write ``gt_score`` (K,) and the meta field ``mix`` into ``data_samples``.

        Args:
            inputs: (N, V, C, T, H, W) float; overwritten block by block, so keep no other use of it.
            data_samples: N samples, best on the CPU (their labels are checked), with ``gt_label``, ``uid``, ``seed``, ``epoch`` and
                ``position``. ``mix`` is ``dict(partner=uid, lam=float, box=None | (x0, y0, x1, y1))``: enough to mix a stored
                teacher's outputs alike.

        Raises:
            ConfigError: The batch holds only a part of a block.
        """
        targets = smooth_one_hot(torch.stack([sample.gt_label for sample in data_samples]), self.num_classes, self.label_smoothing)
        height, width = inputs.shape[-2:]
        for (seed, epoch, block), rows in self._blocks(data_samples).items():
            mix = self.draw(seed, epoch, block, len(rows), height, width)
            perm = torch.tensor(mix.perm)
            # A sampler's block lies together: a slice is a view, a list of rows would be one more copy.
            where = slice(rows[0], rows[-1] + 1) if rows == list(range(rows[0], rows[-1] + 1)) else rows
            own = inputs[where], targets[where]
            inputs[where], targets[where] = mixup(*own, mix.lam, perm) if mix.box is None else cutmix(*own, mix.box, perm)
            for row, partner in zip(rows, mix.perm, strict=True):
                meta = {"partner": data_samples[rows[partner]].uid, "lam": mix.lam, "box": mix.box}
                data_samples[row].set_metainfo({"mix": meta})
        for sample, target in zip(data_samples, targets, strict=True):
            sample.gt_score = target
        return inputs

    def _blocks(self, data_samples: Sequence[DataSample]) -> dict[tuple[int, int, int], list[int]]:
        """Return the rows of every block in the order of their positions, under the block's key."""
        if self.block_size is None:
            first = data_samples[0]
            return {(first.seed, first.epoch, first.position): list(range(len(data_samples)))}
        blocks: dict[tuple[int, int, int], list[int]] = {}
        for row in np.argsort([sample.position for sample in data_samples], kind="stable").tolist():
            sample = data_samples[row]
            blocks.setdefault((sample.seed, sample.epoch, sample.position // self.block_size), []).append(row)
        for (_, epoch, block), rows in blocks.items():
            if len(rows) != self.block_size:
                raise ConfigError(
                    f"mix.block_size={self.block_size}, but a batch of {len(data_samples)} holds {len(rows)} samples of block {block} "
                    f"(epoch {epoch}); accepted: sampler.block_size={self.block_size} and a batch size that is a multiple of it"
                )
        return blocks
