"""Several teachers as one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS
from mmxkd.seeding import make_rng
from mmxkd.structures import DataSample

_REDUCTIONS = ("mean", "weighted", "random", "max", "stack")


@MODELS.register_module()
class TeacherEnsemble(Teacher):
    """Combine the signals of several teachers, key by key.

    Args:
        teachers: configs or teachers.
        reduce: ``mean``; ``weighted`` by ``weights``; ``random``: one teacher per step, drawn from (seed, epoch, position) of the
            batch, so a step costs one teacher; ``max``: the largest value, element by element; ``stack``: (N, M, ...), the M teachers
            kept apart for a loss that chooses among them (``AttendedTeachers``).
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
        if probability and reduce in ("max", "stack"):
            raise ConfigError(f"teacher.probability=True averages probabilities; teacher.reduce={reduce!r} averages nothing")
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

    def check_run(self, config: Mapping[str, Any], loader: Any, max_epochs: int) -> None:
        """Let every teacher compare itself with the run."""
        for teacher in self.teachers:
            teacher.check_run(config, loader, max_epochs)

    def apply_to_tensors(self, fn: Callable[[Tensor], Tensor]) -> None:
        """Move or cast every teacher."""
        for teacher in self.teachers:
            teacher.apply_to_tensors(fn)

    def gate(self, dataset: Sequence[dict], data_preprocessor: nn.Module) -> float | None:
        """Gate the ensemble; of ``stack`` each teacher by its own settings, and return the least accuracy (0..1)."""
        if self.reduce != "stack":
            return super().gate(dataset, data_preprocessor)
        found = [teacher.gate(dataset, data_preprocessor) for teacher in self.teachers]
        return min((accuracy for accuracy in found if accuracy is not None), default=None)

    def signal(self, inputs: Any, data_samples: Sequence[DataSample], want: Collection[str]) -> Signal:
        """Combine; a position is valid where every teacher used says so (``stack``: each for itself, (N, M, ...)).

        Raises:
            ConfigError: the teachers' tensors differ in shape.
        """
        if self.reduce == "random":
            first = data_samples[0]
            rng = make_rng("teacher", first.get("seed", 0), first.get("epoch", 0), first.get("position", 0))
            return self.teachers[rng.choice(len(self.teachers), p=self.weights)](inputs, data_samples, want)
        signals = [teacher(inputs, data_samples, want) for teacher in self.teachers]
        tensors = {key: self._combine(key, [signal.tensors[key] for signal in signals]) for key in want}
        valid = {}
        for key in want:
            if self.reduce == "stack":
                valid[key] = torch.stack([signal.mask(key) for signal in signals], 1)
                continue
            masks = [signal.valid[key] for signal in signals if key in signal.valid]
            if masks:
                valid[key] = torch.stack(masks).all(0)
        return Signal(tensors, valid)

    def _combine(self, key: str, values: list[Tensor]) -> Tensor:
        shapes = [tuple(value.shape) for value in values]
        if len(set(shapes)) > 1:
            raise ConfigError(f"model.teacher.teachers: {key!r} comes in different shapes, {shapes}; they cannot be combined")
        if self.reduce == "max":
            return torch.stack(values).amax(0)
        if self.reduce == "stack":
            return torch.stack(values, 1)
        as_probability = self.probability and key == "logits"
        if as_probability:
            values = [value.float().softmax(-1) for value in values]
        average = torch.stack([weight * value for weight, value in zip(self.weights, values, strict=True)]).sum(0)
        return average.log() if as_probability else average
