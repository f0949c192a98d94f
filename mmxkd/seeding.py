"""Randomness as a function: every draw follows from a key, never from how many draws came before it.

The keys are (seed, epoch, sample) for what happens to a sample, (seed, epoch, block of positions) for what mixes a batch and
(seed, step, rank) for the model's own draws, so a run is the same with any number of workers, stopped and resumed or not.
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def derive_seed(*key: int | str) -> int:
    """Return a 32-bit seed that depends on every part of ``key`` and on nothing else (stable over processes and platforms)."""
    text = "\x1f".join(f"{type(part).__name__[0]}{part}" for part in key)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "little")


def make_rng(*key: int | str) -> np.random.RandomState:
    """Return a generator seeded from ``key``.

    ``RandomState`` because NumPy guarantees its stream for ever and because mmaction2's transforms draw from the same kind.
    """
    return np.random.RandomState(derive_seed(*key))


_kept = False


@contextmanager
def kept_globals() -> Iterator[None]:
    """Put Python's and NumPy's global streams back after the block; inside of another such block that one does so."""
    global _kept
    if _kept:
        yield
        return
    python_state, numpy_state = random.getstate(), np.random.get_state()
    _kept = True
    try:
        yield
    finally:
        _kept = False
        random.setstate(python_state)
        np.random.set_state(numpy_state)


@contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed Python's and NumPy's global streams inside the block, for transforms of other libraries, which cannot be handed a generator.

    The streams are put back after it, or after the ``kept_globals`` around it: keeping them costs 0.1 ms, which a batch pays once.
    """
    with kept_globals():
        random.seed(seed)
        np.random.seed(seed)
        yield
