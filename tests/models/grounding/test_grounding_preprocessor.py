import pytest
import torch
from grounding_toys import MAX_LEN, build, collate, item, sample

from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import MODELS


def test_batches_are_padded_and_masked():
    batch = collate(build(), [item(5, 2), item(3, 4)])["inputs"]
    assert batch["video"].shape == (2, 10, 5)
    assert batch["text"].shape == (2, 6, 4)
    assert batch["video_mask"].tolist() == [[True] * 5, [True] * 3 + [False] * 2]
    assert not batch["video"][1, :, 3:].any()
    assert torch.equal(batch["text"][1], item(3, 4)["text"])


BAD = {
    "width": ({"video": torch.zeros(9, 4)}, r"video features of 'clip7_0': shape \(9, 4\); accepted: \(10, at least one\)"),
    "axes": ({"text": torch.zeros(6)}, r"text features of 'clip7_0': shape \(6,\)"),
    "empty query": ({"text": torch.zeros(6, 0)}, r"text features of 'clip7_0': shape \(6, 0\)"),
    "dtype": ({"video": torch.zeros(10, 4, dtype=torch.int64)}, "dtype torch.int64; accepted: float32"),
    "too long": ({"video": torch.zeros(10, MAX_LEN + 1)}, "65 positions; accepted: at most max_seq_len=64"),
    "nan": ({"video": torch.full((10, 4), torch.nan)}, "video features of 'clip7_0': not all values are finite"),
    "infinite": ({"text": torch.full((6, 4), torch.inf)}, "text features of 'clip7_0': not all values are finite"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_features_are_named(name):
    change, message = BAD[name]
    with pytest.raises(DataError, match=message):
        build().data_preprocessor({"inputs": [{**item(4, 2), **change}], "data_samples": [sample("clip7_0")]})


def test_unknown_padding():
    with pytest.raises(ConfigError, match="pad_video_to='short'"):
        MODELS.build(dict(type="GroundingDataPreprocessor", video_dim=1, text_dim=1, pad_video_to="short"))
