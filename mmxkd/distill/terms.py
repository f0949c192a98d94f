"""One thing the student is asked to match."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.distill.progress import Progress, Schedule
from mmxkd.distill.signal import Signal
from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS

_SIDES = ("student", "teacher")


@MODELS.register_module()
class Term(nn.Module):
    """A weighted loss between student outputs and a teacher's signal.

    The common case is ``Term(loss, student='logits', teacher='logits')``. A key with ``*`` stands for every key of that shape
    that both sides have (``cls/*``); the loss is then summed over them.

    Args:
        loss: config (or module) of ``loss(student, teacher, valid, ...) -> scalar``.
        student, teacher: the keys compared.
        inputs: further arguments of the loss, ``{argument: 'student.<key>' | 'teacher.<key>'}``; a ``*`` in them is the level of the
            pair that is compared.
        connector: config (or module) applied to the student's tensor.
        weight: factor in the total.
        start, stop, by: see ``Schedule``.
        name: of the log entry; by default the loss's type in lower case.
    """

    def __init__(
        self,
        loss: dict | nn.Module,
        student: str,
        teacher: str,
        inputs: dict[str, str] | None = None,
        connector: dict | nn.Module | None = None,
        weight: float = 1.0,
        start: float = 0,
        stop: float | None = None,
        by: str = "iter",
        name: str | None = None,
    ) -> None:
        super().__init__()
        self.loss = _build(loss)
        self.connector = _build(connector) if connector is not None else None
        self.student, self.teacher, self.weight = student, teacher, weight
        self.inputs = {argument: _parse_source(argument, source) for argument, source in (inputs or {}).items()}
        self.schedule = Schedule(start, stop, by)
        self.name = name or type(self.loss).__name__.lower()
        if ("*" in student) != ("*" in teacher):
            raise ConfigError(f"term {self.name}: student={student!r}, teacher={teacher!r}: both or neither take a '*'")
        if "*" in student and self.connector is not None:
            raise ConfigError(f"term {self.name}: a '*' key takes no connector; write one term per level")
        if "*" not in student and any("*" in key for _, key in self.inputs.values()):
            raise ConfigError(f"term {self.name}: inputs={inputs} have a '*', but student={student!r} has none")
        #: What ``*`` stands for in each pair.
        self.levels: list[str] = [""]
        self.pairs: list[tuple[str, str]] = [(student, teacher)]

    def bind(self, student_keys: Collection[str], teacher_keys: Collection[str]) -> None:
        """Resolve ``*`` and check that both sides can give what the term needs.

        Raises:
            ConfigError: naming the missing key, the side, and what that side gives.
        """
        if "*" in self.student:
            prefix_s, prefix_t = self.student.split("*")[0], self.teacher.split("*")[0]
            levels = [key[len(prefix_s) :] for key in student_keys if fnmatchcase(key, self.student)]
            self.levels = [level for level in sorted(levels) if prefix_t + level in teacher_keys]
            self.pairs = [(prefix_s + level, prefix_t + level) for level in self.levels]
            if not self.pairs:
                raise ConfigError(f"term {self.name}: no key matches {self.student!r} on the student and {self.teacher!r} on the teacher")
        for side, keys in zip(_SIDES, (student_keys, teacher_keys), strict=True):
            missing = sorted(self.needs(side) - set(keys))
            if missing:
                raise ConfigError(f"term {self.name}: the {side} cannot give {missing}; it gives {sorted(keys)}")

    def needs(self, side: str) -> set[str]:
        """Return the keys read from ``student`` or ``teacher``."""
        extra = {key.replace("*", level) for owner, key in self.inputs.values() if owner == side for level in self.levels}
        return {pair[_SIDES.index(side)] for pair in self.pairs} | extra

    def active(self, progress: Progress) -> bool:
        """Return whether the term counts at this point of the run."""
        return self.weight != 0 and self.schedule.active(progress)

    def forward(self, outputs: dict[str, Tensor], signal: Signal) -> Tensor:
        """Return the unweighted scalar loss of student ``outputs`` (N, ...) against ``signal``."""
        sides = {"student": outputs, "teacher": signal.tensors}
        total = torch.zeros((), device=next(iter(outputs.values())).device)
        for level, (student_key, teacher_key) in zip(self.levels, self.pairs, strict=True):
            extra = {argument: sides[owner][key.replace("*", level)] for argument, (owner, key) in self.inputs.items()}
            student = outputs[student_key]
            if self.connector is not None:
                student = self.connector(student)
            total = total + self.loss(student, signal.tensors[teacher_key], signal.mask(teacher_key), **extra)
        return total

    def edge(self, outputs: dict[str, Tensor]) -> Tensor:
        """Return a zero that depends on all the term could train.

        Without it DistributedDataParallel would wait for gradients that no longer come once a term has stopped.
        """
        reached = [outputs[key] for key in self.needs("student")] + list(self.parameters())
        total = torch.zeros((), device=reached[0].device)
        for tensor in reached:
            # One element each, masked rather than multiplied by zero: an infinite feature must not turn into NaN.
            element = tensor[(slice(0, 1),) * tensor.ndim]
            total = total + torch.where(torch.zeros_like(element, dtype=torch.bool), element, 0).sum()
        return total


def _build(config: dict | nn.Module) -> nn.Module:
    return config if isinstance(config, nn.Module) else MODELS.build(config)


def _parse_source(argument: str, source: Any) -> tuple[str, str]:
    owner, _, key = str(source).partition(".")
    if owner not in _SIDES or not key:
        raise ConfigError(f"term inputs {argument}={source!r}; accepted: 'student.<key>' or 'teacher.<key>'")
    return owner, key
