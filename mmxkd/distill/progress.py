"""Where a run stands."""

from dataclasses import dataclass

from mmxkd.errors import ConfigError

UNITS = ("iter", "epoch", "fraction")


@dataclass(frozen=True)
class Progress:
    """Steps and epochs done, and their totals (0 when unknown)."""

    iter: int = 0
    max_iters: int = 0
    epoch: int = 0
    max_epochs: int = 0

    def measure(self, unit: str) -> float:
        """Return the progress in ``iter``, ``epoch`` (whole epochs) or ``fraction`` (0..1 of the run)."""
        if unit == "fraction":
            return self.iter / self.max_iters if self.max_iters else 0.0
        return self.iter if unit == "iter" else self.epoch


@dataclass(frozen=True)
class Schedule:
    """Active from ``start`` (included) to ``stop`` (excluded, ``None`` = never), both in ``by`` units."""

    start: float = 0
    stop: float | None = None
    by: str = "iter"

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` for an unknown unit or an empty span."""
        if self.by not in UNITS:
            raise ConfigError(f"term by={self.by!r}; accepted: {UNITS}")
        if self.start < 0 or (self.stop is not None and self.stop <= self.start):
            raise ConfigError(f"term start={self.start}, stop={self.stop}: needs 0 <= start < stop")
        if self.by == "fraction" and not (self.start <= 1 and (self.stop is None or self.stop <= 1)):
            raise ConfigError(f"term start={self.start}, stop={self.stop} by fraction: both lie in 0..1")

    def active(self, progress: Progress) -> bool:
        """Return whether the span holds ``progress``."""
        now = progress.measure(self.by)
        return now >= self.start and (self.stop is None or now < self.stop)
