"""Order, blocks, ranks and mid-epoch starts of the sampler."""

import pytest
from torch.utils.data import DataLoader, Dataset

from mmxkd.datasets import samplers
from mmxkd.datasets.samplers import EpochSampler, SampleKey
from mmxkd.errors import ConfigError
from mmxkd.registry import DATA_SAMPLERS


def make_sampler(monkeypatch, size, rank=0, world=1, **kwargs):
    monkeypatch.setattr(samplers, "get_dist_info", lambda: (rank, world))
    return EpochSampler(range(size), **{"seed": 0, **kwargs})


def ranks_of(monkeypatch, size, world, **kwargs):
    return [list(make_sampler(monkeypatch, size, rank, world, **kwargs)) for rank in range(world)]


def test_registered_under_its_name():
    sampler = DATA_SAMPLERS.build(dict(type="EpochSampler", dataset=range(3), seed=1, shuffle=False))
    assert list(sampler) == [(0, 0, 0), (0, 1, 1), (0, 2, 2)]


def test_shuffled_epoch_is_a_permutation_that_depends_on_seed_and_epoch(monkeypatch):
    sampler = make_sampler(monkeypatch, 10)
    first = list(sampler)
    assert sorted(key.index for key in first) == list(range(10))
    assert [key.position for key in first] == list(range(10))
    assert {key.epoch for key in first} == {0}
    assert list(sampler) == first
    sampler.set_epoch(1)
    second = list(sampler)
    assert {key.epoch for key in second} == {1}
    assert [key.index for key in second] != [key.index for key in first]
    other_seed = list(make_sampler(monkeypatch, 10, seed=1))
    assert [key.index for key in other_seed] != [key.index for key in first]


def test_order_is_pinned(monkeypatch):
    """A stored teacher's folder outlives the process: the order of a seed must never change."""
    assert [key.index for key in make_sampler(monkeypatch, 6)] == [1, 5, 2, 0, 3, 4]


def test_blocks_stay_together_and_ranks_share_them_out(monkeypatch):
    first, second = ranks_of(monkeypatch, 12, 2, block_size=3)
    assert [key.position for key in first] == [0, 1, 2, 6, 7, 8]
    assert [key.position for key in second] == [3, 4, 5, 9, 10, 11]


def test_global_batch_does_not_depend_on_the_number_of_ranks(monkeypatch):
    single = list(make_sampler(monkeypatch, 16, block_size=2))
    first, second = ranks_of(monkeypatch, 16, 2, block_size=2)
    for batch in range(2):
        both = first[batch * 4 : batch * 4 + 4] + second[batch * 4 : batch * 4 + 4]
        assert sorted(both) == sorted(single[batch * 8 : batch * 8 + 8])


@pytest.mark.parametrize("shuffle", [True, False])
def test_padding_repeats_the_beginning(monkeypatch, shuffle):
    shares = ranks_of(monkeypatch, 5, 2, shuffle=shuffle, block_size=2)
    assert [len(share) for share in shares] == [4, 4]
    keys = sorted(key for share in shares for key in share)
    assert [key.position for key in keys] == list(range(8))
    assert sorted({key.index for key in keys[:5]}) == [0, 1, 2, 3, 4]
    assert [key.index for key in keys[5:]] == [key.index for key in keys[:3]]


def test_evaluation_is_strided(monkeypatch):
    first, second = ranks_of(monkeypatch, 5, 2, shuffle=False)
    assert [key.index for key in first] == [0, 2, 4]
    assert [key.index for key in second] == [1, 3, 0]


def test_data_smaller_than_a_block_is_repeated(monkeypatch):
    keys = list(make_sampler(monkeypatch, 2, shuffle=False, block_size=5))
    assert [key.index for key in keys] == [0, 1, 0, 1, 0]


def test_passes_count_as_epochs_of_their_own(monkeypatch):
    sampler = make_sampler(monkeypatch, 4, passes=3)
    sampler.set_epoch(2)
    keys = list(sampler)
    assert len(sampler) == len(keys) == 12
    assert [key.epoch for key in keys] == [6] * 4 + [7] * 4 + [8] * 4
    assert [key.position for key in keys] == [0, 1, 2, 3] * 3
    plain = make_sampler(monkeypatch, 4)
    plain.set_epoch(7)
    assert keys[4:8] == list(plain)


def test_passes_are_padded_to_blocks_and_spread_over_ranks(monkeypatch):
    shares = ranks_of(monkeypatch, 3, 2, passes=3, block_size=2, shuffle=False)
    assert shares[0] == [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 1)]
    assert shares[1] == [(0, 2, 2), (0, 3, 0), (1, 2, 2), (1, 3, 0), (2, 2, 2), (2, 3, 0)]
    odd = ranks_of(monkeypatch, 2, 2, passes=3, block_size=2, shuffle=False)
    assert odd[1] == [(1, 0, 0), (1, 1, 1), (2, 2, 0), (2, 3, 1)]


def test_start_skips_once_and_only_this_ranks_samples(monkeypatch):
    sampler = make_sampler(monkeypatch, 12, rank=1, world=2, block_size=3)
    whole = list(sampler)
    sampler.set_start(4)
    assert len(sampler) == 6
    assert list(sampler) == whole[4:]
    assert list(sampler) == whole
    with pytest.raises(ValueError, match="sample 7 of 6"):
        sampler.set_start(7)


def test_round_up_false_drops_the_rest(monkeypatch):
    shares = ranks_of(monkeypatch, 11, 2, round_up=False, block_size=2)
    assert [len(share) for share in shares] == [4, 4]
    assert sorted(key.position for share in shares for key in share) == list(range(8))
    with pytest.raises(ConfigError, match="round_up=False"):
        make_sampler(monkeypatch, 3, round_up=False, block_size=4)


@pytest.mark.parametrize("kwargs", [{"passes": 0}, {"block_size": 0}, {"round_up": False, "shuffle": False}])
def test_refused_values(monkeypatch, kwargs):
    with pytest.raises(ConfigError):
        make_sampler(monkeypatch, 4, **kwargs)


def test_empty_data_set(monkeypatch):
    with pytest.raises(ConfigError, match="empty"):
        make_sampler(monkeypatch, 0)


class Echo(Dataset):
    """Returns the key it is asked for."""

    def __len__(self):
        return 7

    def __getitem__(self, key):
        assert isinstance(key, SampleKey)
        return tuple(key)


@pytest.mark.parametrize("workers", [0, 2])
def test_keys_reach_the_data_set_in_any_worker(monkeypatch, workers):
    sampler = make_sampler(monkeypatch, 7)
    loader = DataLoader(Echo(), batch_size=3, sampler=sampler, num_workers=workers, collate_fn=list)
    assert [key for batch in loader for key in batch] == [tuple(key) for key in sampler]
