"""Comparing quantities with recorded ones."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

EXACT = "exact"


@dataclass(frozen=True)
class Row:
    """One compared quantity: its name, errors, the bar it was held to, and whether it passed."""

    name: str
    max_abs: float
    max_rel: float
    bar: str
    passed: bool
    note: str = ""

    def __str__(self) -> str:
        """Return the line of the report."""
        state = "pass" if self.passed else "FAIL"
        note = f"  {self.note}" if self.note else ""
        return f"{self.name:70s} abs {self.max_abs:.2e}  rel {self.max_rel:.2e}  {self.bar:26s} {state}{note}"


def parse_bar(bar: Any) -> tuple[float, float]:
    """Return (rtol, atol) of a json bar: ``'exact'`` or a dict with ``rtol`` and / or ``atol``.

    Raises:
        ValueError: anything else, so that an unreadable bar fails its quantities.
    """
    if bar == EXACT:
        return 0.0, 0.0
    if isinstance(bar, dict) and {"rtol", "atol"} & bar.keys():
        return float(bar.get("rtol", 0)), float(bar.get("atol", 0))
    raise ValueError(f"bar {bar!r}; accepted: 'exact' or rtol / atol")


class Report:
    """Collects the rows of one case.

    Args:
        case: file stem, the first part of every quantity's name.
        bars: of the case's json: family -> bar, each may carry ``exclude`` patterns.
        emit: called with each row.
    """

    def __init__(self, case: str, bars: dict[str, Any], emit: Callable[[Row], None]) -> None:
        self.case, self.bars, self.emit = case, bars, emit
        self.failed = self.total = 0

    def compare(self, quantity: str, family: str, expected: Any, actual: Any) -> None:
        """Hold ``actual`` to ``expected`` by the bar of ``family``; a family without a bar fails."""
        bar = self.bars.get(family, self.bars.get("all"))
        excluded = [*self.bars.get("exclude", []), *(bar.get("exclude", []) if isinstance(bar, dict) else [])]
        if not any(fnmatchcase(quantity, pattern) for pattern in excluded):
            self.check(quantity, bar, expected, actual)

    def check(self, quantity: str, bar: Any, expected: Any, actual: Any) -> None:
        """Hold ``actual`` to ``expected`` by a bar given here: for what the json records beside its families."""
        try:
            rtol, atol = parse_bar(bar)
        except ValueError as error:
            return self._add(Row(f"{self.case}/{quantity}", np.inf, np.inf, "none", False, str(error)))
        text = EXACT if rtol == atol == 0 else f"rtol {rtol:g} atol {atol:g}"
        if not _is_numeric(expected):
            same = _plain(expected) == _plain(actual)
            note = "" if same else f"expected {_shorten(expected)}, got {_shorten(actual)}"
            return self._add(Row(f"{self.case}/{quantity}", 0.0 if same else np.inf, 0.0 if same else np.inf, EXACT, same, note))
        self._add(_measure(f"{self.case}/{quantity}", text, rtol, atol, np.asarray(expected), _to_numpy(actual)))

    def fail(self, quantity: str, reason: str) -> None:
        """Record something that could not be compared."""
        self._add(Row(f"{self.case}/{quantity}", np.inf, np.inf, "none", False, reason))

    def _add(self, row: Row) -> None:
        self.total += 1
        self.failed += not row.passed
        self.emit(row)


def _measure(name: str, text: str, rtol: float, atol: float, expected: np.ndarray, actual: np.ndarray) -> Row:
    if expected.shape != actual.shape:
        return Row(name, np.inf, np.inf, text, False, f"shape {expected.shape} expected, got {actual.shape}")
    if expected.size == 0:
        return Row(name, 0.0, 0.0, text, True, "empty")
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    both_nan = np.isnan(expected) & np.isnan(actual)
    error = np.where(both_nan | (expected == actual), 0.0, np.abs(actual - expected))
    passed = bool(np.all(error <= atol + rtol * np.where(both_nan, 0.0, np.abs(expected))))
    relative = error / np.maximum(np.abs(np.where(both_nan, 1.0, expected)), 1e-300)
    return Row(name, float(np.max(error)), float(np.max(np.where(error == 0, 0.0, relative))), text, passed)


def _to_numpy(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def _is_numeric(value: Any) -> bool:
    try:
        return np.issubdtype(np.asarray(value).dtype, np.number)
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    return list(map(_plain, value)) if isinstance(value, (list, tuple)) else value


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 120 else f"{text[:117]}..."
