"""Several teachers as one."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS
from mmxkd.seeding import make_rng
from mmxkd.structures import DataSample

_REDUCTIONS = ("mean", "weighted", "random")


@MODELS.register_module()
class TeacherEnsemble(Teacher):
    """Combine the signals of several teachers, key by key.

    Args:
        teachers: configs or teachers.
        reduce: ``mean``; ``weighted`` by ``weights``; ``random``: one teacher per step, drawn from (seed, epoch, position) of the
            batch, so a step costs one teacher.
        weights: one per teacher, for ``weighted`` (normalised) and ``random`` (probabilities).
        probability: average ``logits`` as probabilities (their logarithm is given) instead of as they are.
        gate: see ``Gate``.
    """

    def __init__(
        self,
        teachers: Sequence[dict | Teacher],
        reduce: str = "mean",
        weights: Sequence[float] | None = None,
        probability: bool = False,
        gate: dict | None = None,
    ) -> None:
        super().__init__(gate)
        if reduce not in _REDUCTIONS:
            raise ConfigError(f"teacher.reduce={reduce!r}; accepted: {_REDUCTIONS}")
        if (weights is None) == (reduce == "weighted") or (weights is not None and (len(weights) != len(teachers) or min(weights) < 0)):
            raise ConfigError(
                f"teacher.weights={weights} with reduce={reduce!r} and {len(teachers)} teachers: one weight >= 0 each for 'weighted'"
            )
        self.teachers = [teacher if isinstance(teacher, Teacher) else MODELS.build(teacher) for teacher in teachers]
        self.reduce, self.probability = reduce, probability
        share = [1.0] * len(self.teachers) if weights is None else list(weights)
        self.weights = [weight / sum(share) for weight in share]

    def available(self) -> frozenset[str]:
        """Return the keys that all teachers give."""
        return frozenset.intersection(*(teacher.available() for teacher in self.teachers))

    def prepare(self, device: torch.device | str, data_preprocessor: nn.Module | None = None) -> None:
        """Prepare every teacher."""
        for teacher in self.teachers:
            teacher.prepare(device, data_preprocessor)

    def apply_to_tensors(self, fn: Callable[[Tensor], Tensor]) -> None:
        """Move or cast every teacher."""
        for teacher in self.teachers:
            teacher.apply_to_tensors(fn)

    def signal(self, inputs: Any, data_samples: Sequence[DataSample], want: Collection[str]) -> Signal:
        """Combine; a position is valid where every teacher used says so."""
        if self.reduce == "random":
            first = data_samples[0]
            rng = make_rng("teacher", first.get("seed", 0), first.get("epoch", 0), first.get("position", 0))
            return self.teachers[rng.choice(len(self.teachers), p=self.weights)](inputs, data_samples, want)
        signals = [teacher(inputs, data_samples, want) for teacher in self.teachers]
        tensors = {key: self._average(key, [signal.tensors[key] for signal in signals]) for key in want}
        valid = {}
        for key in want:
            masks = [signal.valid[key] for signal in signals if key in signal.valid]
            if masks:
                valid[key] = torch.stack(masks).all(0)
        return Signal(tensors, valid)

    def _average(self, key: str, values: list[Tensor]) -> Tensor:
        as_probability = self.probability and key == "logits"
        if as_probability:
            values = [value.float().softmax(-1) for value in values]
        average = torch.stack([weight * value for weight, value in zip(self.weights, values, strict=True)]).sum(0)
        return average.log() if as_probability else average
