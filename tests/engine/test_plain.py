import io
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from torch import nn

from mmxkd.engine.plain import to_plain, unpack_buffers


def through_a_file(value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_everything_opens_weights_only_and_log_buffers_come_back():
    buffer = HistoryBuffer([1.0, 2.5], [1, 2], max_length=7)
    value = {
        "log_scalars": OrderedDict(loss=buffer),
        "best": np.float64(0.5),
        "flag": np.bool_(True),
        "matrix": np.arange(4).reshape(2, 2),
        "names": np.array(["a", "b"]),
        "path": Path("x/y"),
        "pair": (np.int64(3), [None, "s"]),
    }
    loaded = through_a_file(to_plain(value))
    assert loaded["best"] == 0.5
    assert loaded["flag"] is True
    assert loaded["matrix"].tolist() == [[0, 1], [2, 3]]
    assert loaded["names"] == ["a", "b"]
    assert loaded["path"] == "x/y"
    assert loaded["pair"] == (3, [None, "s"])
    rebuilt = unpack_buffers(loaded["log_scalars"])["loss"]
    assert rebuilt.data[0].tolist() == [1.0, 2.5]
    assert rebuilt.data[1].tolist() == [1, 2]
    assert rebuilt.max_length == 7
    assert rebuilt.mean(2) == pytest.approx(3.5 / 3)


def test_module_versions_stay_with_a_state_dict():
    state = nn.BatchNorm1d(2).state_dict()
    loaded = through_a_file(to_plain({"state_dict": state}))["state_dict"]
    assert loaded._metadata[""]["version"] == 2


def test_what_has_no_plain_form_is_named():
    with pytest.raises(TypeError, match=r"checkpoint.meta.things\[1\] is a object"):
        to_plain({"meta": {"things": [1, object()]}})
