"""A pipeline whose every draw follows from (seed, epoch, sample, transform)."""

import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np
import torch

from mmxkd.datasets.transforms.decode import ArrayVideo
from mmxkd.registry import TRANSFORMS
from mmxkd.seeding import derive_seed, seeded_globals

Results = dict[str, Any]
Transform = Callable[[Results], Results]


class SeededCompose:
    """Run transforms one after the other, each with its own seed.

    Transform number i named n sees the stream of ``make_rng('view', *results['rng_key'], i, n)``: as ``results['rng']``, which it
    must not keep, and, where it comes from another library, also as Python's and NumPy's global streams, which are put back at the end.
    So a sample looks the same in any worker and on any rank, and a further transform at the end leaves the others' draws alone. What each
    transform took travels with the packed sample as ``timing``, seconds by name (``LoaderReportHook`` sums it up).

    Args:
        transforms: Configs for ``TRANSFORMS`` (``dict(type=...)``) or callables.

    Raises:
        KeyError: A ``type`` that no registry knows.
    """

    def __init__(self, transforms: Sequence[dict[str, Any] | Transform]) -> None:
        self.transforms: list[Transform] = [TRANSFORMS.build(item) if isinstance(item, dict) else item for item in transforms]
        self._names = [getattr(item, "__name__", type(item).__name__) for item in self.transforms]
        self._foreign = [not type(item).__module__.startswith("mmxkd.") for item in self.transforms]
        # Seeding a generator again gives the stream of a new one, at a fiftieth of the cost.
        self._rng = np.random.RandomState(0)
        self._good_shape: torch.Size | None = None

    def __call__(self, results: Results) -> Results:
        """Return what the last transform returns; ``results['rng_key']`` is (seed, epoch, index)."""
        packed = self._run(results)
        if isinstance(packed.get("inputs"), torch.Tensor):
            self._good_shape = packed["inputs"].shape
        return packed

    def dummy(self, results: Results) -> Results:
        """Return the packed sample of a video that cannot be read: inputs all zero, everything else from ``results``.

        The shape is that of the last sample that went well, or else of a plain clip of 240 x 320.
        """
        clip = np.broadcast_to(np.zeros((1, 1, 1, 3), dtype=np.uint8), (32, 240, 320, 3))
        packed = self._run({**results, "video": ArrayVideo(clip)})
        packed["inputs"] = torch.zeros(self._good_shape or packed["inputs"].shape, dtype=packed["inputs"].dtype)
        return packed

    def _run(self, results: Results) -> Results:
        key = results["rng_key"]
        results["rng"] = self._rng
        timing: dict[str, float] = {}
        with seeded_globals(derive_seed("view", *key)) if any(self._foreign) else nullcontext():
            for number, (transform, name, foreign) in enumerate(zip(self.transforms, self._names, self._foreign, strict=True)):
                seed = derive_seed("view", *key, number, name)
                self._rng.seed(seed)
                if foreign:
                    random.seed(seed)
                    np.random.seed(seed)
                begun = perf_counter()
                results = transform(results)
                if results is None:
                    raise ValueError(f"transform {number} ({name}) returned None")
                timing[name] = timing.get(name, 0.0) + perf_counter() - begun
        if "data_samples" in results:
            results["data_samples"].set_metainfo({"timing": timing})
        return results

    def __repr__(self) -> str:
        return "\n".join(["SeededCompose(", *(f"    {item}" for item in self.transforms), ")"])
