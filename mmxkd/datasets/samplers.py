"""The order in which an epoch goes through a data set, as a function of (seed, epoch)."""

from collections.abc import Iterator, Sized
from copy import copy
from typing import NamedTuple

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmxkd.errors import ConfigError
from mmxkd.registry import DATA_SAMPLERS
from mmxkd.seeding import make_rng


class SampleKey(NamedTuple):
    """What a data set is asked for: everything random about the sample follows from these numbers and the run's seed.

    ``epoch`` counts passes through the data set, ``position`` is the place in the pass's global order (all ranks), ``index`` the row.
    """

    epoch: int
    position: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


@DATA_SAMPLERS.register_module()
class EpochSampler(Sampler):
    """Yield ``SampleKey``s of this rank; blocks of consecutive positions stay on one rank.

    Block b (positions b * block_size ... (b + 1) * block_size - 1) goes to rank b % world, so the union of the ranks' batches is the
    same whatever the number of ranks, as long as a rank's batch is a multiple of ``block_size``. Without shuffling this is the
    strided share of an evaluation. Ranks get equally many samples: the last pass is continued from its own beginning until the total
    is a multiple of world * block_size; a metric removes the repeats by ``index``.

    Args:
        dataset: Anything with a length.
        shuffle: Whether an epoch's order is a permutation (a function of seed and pass) or the data set's own.
        seed: The run's seed; ``None`` agrees on one over the ranks.
        passes: How often an epoch goes through the data set. Pass p of epoch e yields ``epoch = e * passes + p``, so every pass
            has its own order and its own views. Raises the share of time spent between the costs of an epoch's end.
        block_size: Positions that stay together, the unit of batch mixing (``MixupCutmix(block_size=...)``). Every pass is padded to
            whole blocks.
        round_up: ``False`` drops what does not fill world * block_size positions instead of repeating samples. Refused without
            shuffling: an evaluation that leaves samples out is not one.
        recur: After so many epochs those before them come again, order, views and all: epoch e is shown as epoch e % recur. For a
            stored teacher that holds fewer epochs than are trained.

    Raises:
        ConfigError: ``passes``, ``block_size`` or ``recur`` below 1, an empty data set, ``round_up=False`` that leaves nothing or is
            combined with ``shuffle=False``.
    """

    def __init__(
        self,
        dataset: Sized,
        shuffle: bool = True,
        seed: int | None = None,
        passes: int = 1,
        block_size: int = 1,
        round_up: bool = True,
        recur: int | None = None,
    ) -> None:
        for name, value in (("passes", passes), ("block_size", block_size), ("recur", recur)):
            if value is not None and value < 1:
                raise ConfigError(f"sampler.{name}={value}; accepted: an integer of at least 1")
        if not round_up and not shuffle:
            raise ConfigError("sampler.round_up=False with shuffle=False would leave samples out of an evaluation; accepted: round_up=True")
        self.rank, self.world = get_dist_info()
        self.size = len(dataset)
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.passes = passes
        self.block_size = block_size
        self.recur = recur
        self.epoch = 0
        self._start = 0
        self.round_up = round_up
        self._pass_sizes = self._plan(round_up)

    def as_rank(self, rank: int, world: int) -> "EpochSampler":
        """Return the sampler that process ``rank`` of a run of ``world`` processes has, whatever run this is."""
        other = copy(self)
        other.rank, other.world = rank, world
        other._pass_sizes = other._plan(self.round_up)
        return other

    def _plan(self, round_up: bool) -> list[int]:
        """Return how many positions each pass has, over all ranks."""
        if self.size == 0:
            raise ConfigError("sampler: the data set is empty; check the dataset's annotation file and filters")
        block, unit = self.block_size, self.block_size * self.world
        if round_up:
            sizes = [-(-self.size // block) * block] * self.passes
            sizes[-1] += -sum(sizes) % unit
            return sizes
        sizes = [self.size // block * block] * self.passes
        sizes[-1] -= sum(sizes) % unit
        if sizes[-1] < 0 or not sum(sizes):
            raise ConfigError(
                f"sampler.round_up=False leaves too little of {self.size} samples for {self.world} ranks x "
                f"block_size={block}; accepted: round_up=True, or a smaller block_size"
            )
        return sizes

    @property
    def pass_sizes(self) -> tuple[int, ...]:
        """Positions of each pass of an epoch, over all ranks."""
        return tuple(self._pass_sizes)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch the next iteration shows (called by MMEngine's ``DistSamplerSeedHook``)."""
        self.epoch = epoch

    def set_start(self, num_samples: int) -> None:
        """Let the next iteration, and only that one, skip this rank's first ``num_samples`` samples: resuming inside an epoch.

        ``len()`` keeps counting the whole epoch, because the training loop counts its iterations by it.
        """
        if not 0 <= num_samples <= len(self):
            raise ValueError(f"cannot start at sample {num_samples} of {len(self)}")
        self._start = num_samples

    def _order(self, epoch: int, size: int) -> np.ndarray:
        order = make_rng("order", self.seed, epoch).permutation(self.size) if self.shuffle else np.arange(self.size)
        return np.resize(order, size)

    def _keys(self) -> Iterator[SampleKey]:
        first_block = 0
        shown = self.epoch if self.recur is None else self.epoch % self.recur
        for number, size in enumerate(self._pass_sizes):
            epoch = shown * self.passes + number
            order = self._order(epoch, size)
            positions = np.arange(size)
            mine = positions[(positions // self.block_size + first_block) % self.world == self.rank]
            for position, index in zip(mine.tolist(), order[mine].tolist(), strict=True):
                yield SampleKey(epoch, position, index)
            first_block += size // self.block_size

    def __iter__(self) -> Iterator[SampleKey]:
        start, self._start = self._start, 0
        for number, key in enumerate(self._keys()):
            if number >= start:
                yield key

    def __len__(self) -> int:
        """Return the samples of this rank in a whole epoch."""
        return sum(self._pass_sizes) // self.world
