"""Interpolated n-gram over past actions: the baseline every history model has to beat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np


class WittenBell:
    """Probability of the next action given the last ``order`` ones, smoothed by Witten and Bell (1991).

    With h the last n actions, c their counts in training and T(h) the number of different actions seen after h:
    P_n(a | h) = (c(h, a) + T(h) P_{n-1}(a | h')) / (c(h) + T(h)), h' = h without its oldest action, P_{-1} uniform. A history that is too
    short, or was never seen, gives the longest context there is.

    Args:
        order: n, 0 = plain frequency.
        num_classes: K.
    """

    def __init__(self, order: int, num_classes: int) -> None:
        if order < 0 or num_classes < 1:
            raise ValueError(f"order={order}, num_classes={num_classes}; accepted: from 0 and from 1")
        self.order, self.num_classes = order, num_classes
        self._counts: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        self._short: dict[tuple[int, ...], np.ndarray] = {}

    def fit(self, histories: Iterable[Sequence[int]], targets: Iterable[int]) -> "WittenBell":
        """Count every target after its history's last 0, 1 ... ``order`` actions."""
        for history, target in zip(histories, targets, strict=True):
            for length in range(min(self.order, len(history)) + 1):
                self._counts[_last(history, length)][target] += 1
        self._short.clear()
        return self

    def probabilities(self, history: Sequence[int]) -> np.ndarray:
        """Return (K,) float64 that sums to 1."""
        length = min(self.order, len(history))
        while length and _last(history, length) not in self._counts:
            length -= 1
        return self._given(_last(history, length)).copy()

    def _given(self, context: tuple[int, ...]) -> np.ndarray:
        """Return P(. | context); what follows a single action is kept, because nearly every context ends in one of few."""
        if context in self._short:
            return self._short[context]
        shorter = self._given(context[1:]) if context else np.full(self.num_classes, 1 / self.num_classes)
        counts = self._counts.get(context, Counter())
        total = counts.total() + len(counts)
        if not total:
            return shorter
        result = shorter * (len(counts) / total)
        result[list(counts)] += np.fromiter(counts.values(), dtype=np.float64) / total
        if len(context) < 2:
            self._short[context] = result
        return result

    def predict(self, histories: Iterable[Sequence[int]]) -> np.ndarray:
        """Return the probabilities of several histories, (N, K)."""
        return np.stack([self.probabilities(history) for history in histories])


def _last(history: Sequence[int], length: int) -> tuple[int, ...]:
    return tuple(history[len(history) - length :])
