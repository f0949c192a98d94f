"""Whatever a store's files hold: the right row, none, or an error of ours."""

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmxkd.distill.store.keys import RowKey
from mmxkd.distill.store.reader import TeacherStore
from mmxkd.errors import UserError

FILES = ("meta.json", "keys.npy", "rows.npy", "logits.npy")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("top_k", [None, 2])
@QUICK
@given(
    name=st.sampled_from(FILES),
    damage=st.one_of(
        st.tuples(st.just("flip"), st.integers(0, 10**6), st.integers(1, 255)),
        st.tuples(st.just("cut"), st.integers(0, 10**6), st.just(0)),
        st.tuples(st.just("write"), st.integers(0, 10**6), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("replace"), st.just(0), st.binary(max_size=300)),
    ),
)
def test_damaged_files(stores, folder, top_k, name, damage):
    source, copy = folder / f"source{top_k}", folder / f"copy{top_k}"
    if not source.exists():
        stores.write(source, top_k=top_k)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy)
    _damage(copy / name, *damage)
    keys = [RowKey(f"s{i}") for i in range(5)]
    truth = TeacherStore(source).read("logits", TeacherStore(source).find(keys))
    try:
        store = TeacherStore(copy)
        places = store.find(keys)
        found = places >= 0
        said = store.read("logits", places[found])
    except UserError:
        return
    for part, array in truth.items():
        np.testing.assert_array_equal(said[part], array[found])


def _damage(path, kind, where, how):
    data = bytearray(path.read_bytes())
    place = where % len(data)
    if kind == "flip":
        data[place] ^= how
    elif kind == "cut":
        del data[place:]
    elif kind == "write":
        data[place : place + len(how)] = how
    else:
        data = bytearray(how)
    path.write_bytes(bytes(data))
