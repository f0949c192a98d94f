"""Arrays out of pickles that may be damaged or malicious."""

import io
import os
import pickle

import numpy as np
import pytest

from mmxkd.convert.pickled_arrays import load_arrays
from mmxkd.convert.reading import Inert

ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([1, 2], dtype=">i2"),
    np.array(["P01_01", "x"]),
    np.zeros((0, 4)),
    np.array(True),
]


def reload(content, protocol=None):
    return load_arrays(io.BytesIO(pickle.dumps(content, protocol)))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_and_scalars_come_back(protocol):
    again = reload({"arrays": ARRAYS, "scalars": [np.float64(1.5), np.int16(-3), np.str_("uid")]}, protocol)
    for array, other in zip(ARRAYS, again["arrays"], strict=True):
        np.testing.assert_array_equal(np.asarray(other), array)
        assert other.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    assert again["scalars"] == [1.5, -3, "uid"]


def test_arrays_of_objects_stay_empty():
    rows = reload([{"history": np.array([[1], "a"], dtype=object), "uid": 3}])
    assert rows[0]["uid"] == 3
    assert rows[0]["history"].size == 0


class Call:
    """Pickles as a call with arguments, and perhaps a state."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


def test_a_scalar_made_of_an_address_is_refused():
    scalar = np.float64(1.0).__reduce__()[0]
    with pytest.raises(TypeError, match="an array of"):
        reload(Call(scalar, (np.dtype("O"), b"\x10" * 8)))


@pytest.mark.parametrize("size", [0, 7, 16, 4096])
def test_memory_that_does_not_fit_is_refused(size):
    builder, args, state = ARRAYS[0].__reduce__()
    with pytest.raises(ValueError, match=r"reshape|multiple of element size"):
        reload(Call(builder, args, (state[0], (1 << 40,), state[2], False, b"x" * size)))


def test_other_classes_do_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert isinstance(reload(Call(os.mkdir, ("made",))), Inert)
    assert isinstance(reload(np.ndarray), type)
    assert list(tmp_path.iterdir()) == []
