import pytest
import torch

from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.text_preprocessor import TextPreprocessor
from mmxkd.structures import DataSample


def run(texts, samples=None, **options):
    return TextPreprocessor(**options)({"inputs": texts, "data_samples": samples})["inputs"]


def test_pads_to_the_longest_and_masks():
    batch = run([torch.tensor([4, 5, 6]), torch.tensor([7])], pad_id=1)
    assert batch["input_ids"].tolist() == [[4, 5, 6], [7, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


def test_extra_columns_stop_at_max_len():
    assert run([torch.tensor([4, 5])], extra=3)["input_ids"].tolist() == [[4, 5, 0, 0, 0]]
    assert run([torch.tensor([4, 5])], extra=3, max_len=4)["attention_mask"].tolist() == [[1, 1, 0, 0]]


@pytest.mark.parametrize("collated", [False, True])
def test_further_tensors_of_a_sample(collated):
    rows = [
        {"actions": torch.tensor([3, 4]), "since_stop": torch.tensor([1.5, 0.5])},
        {"actions": torch.tensor([], dtype=torch.int64), "since_stop": torch.tensor([])},
    ]
    texts = {key: [row[key] for row in rows] for key in rows[0]} if collated else rows
    batch = run(texts, ids_key="actions", pad_id=9, vocab_size=9, allow_empty=True, pad_values={"since_stop": -1})
    assert batch["actions"].tolist() == [[3, 4], [9, 9]]
    assert batch["since_stop"].tolist() == [[1.5, 0.5], [-1, -1]]
    assert batch["attention_mask"].sum(1).tolist() == [2, 0]


def test_only_empty_texts_keep_a_column():
    assert run([torch.tensor([], dtype=torch.int64)], pad_id=5, allow_empty=True)["input_ids"].tolist() == [[5]]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (torch.tensor([], dtype=torch.int64), {}, r"clip7: input_ids of shape \(0,\); accepted: \(L,\) with L of at least 1"),
        (torch.tensor([1, 2, 3]), {"max_len": 2}, r"clip7: 3 tokens; accepted: at most data_preprocessor\.max_len=2"),
        (torch.tensor([1, 30]), {"vocab_size": 30}, "clip7: token id 30 in a vocabulary of 30"),
        ({"input_ids": torch.tensor([1]), "labels": torch.tensor([1, 2])}, {}, "clip7: tensors differ in length"),
    ],
)
def test_bad_texts_name_the_sample(text, options, message):
    with pytest.raises(DataError, match=message):
        run([text], [DataSample(metainfo={"uid": "clip7"})], **options)


def test_negative_extra():
    with pytest.raises(ConfigError, match=r"data_preprocessor\.extra=-1"):
        TextPreprocessor(extra=-1)
