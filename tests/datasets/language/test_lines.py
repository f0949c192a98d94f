import numpy as np
import pytest
import torch

from mmxkd.datasets.language.lines import TextLines, find_lines
from mmxkd.datasets.samplers import SampleKey
from mmxkd.errors import ConfigError, DataError

LINES = ["take <v> pan <a> wash <v> pan", "", "cut <v> onion", "   ", "add <v> salt <a> stir <v> soup <a> serve <v> soup"]


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "recipes.txt"
    file.write_text("\n".join(LINES))
    return str(file), dict(kind="bert", path=str(tmp_path / "words"), vocab_size=200)


def test_one_sample_per_line_that_is_not_blank(lines):
    dataset = TextLines(*lines, seed=3)
    assert len(dataset) == 3
    assert [dataset.text(row) for row in range(3)] == [line for line in LINES if line.strip()]
    sample = dataset[SampleKey(2, 7, 1)]
    assert dataset.tokenizer.decode(sample["inputs"], skip_special_tokens=True) == "cut < v > onion"
    assert sample["inputs"].dtype == torch.int64
    meta = sample["data_samples"]
    assert (meta.uid, meta.index, meta.epoch, meta.position, meta.seed) == ("1", 1, 2, 7, 3)


def test_long_lines_are_cut_on_the_right(lines):
    whole, cut = TextLines(*lines)[2]["inputs"], TextLines(*lines, block_size=6)[2]["inputs"]
    assert cut.tolist() == [*whole[:5].tolist(), whole[-1]]


@pytest.mark.parametrize(("text", "spans"), [("a\nbb\n", [(0, 1), (2, 4)]), ("\n\r\n ab", [(3, 6)]), ("", [])])
def test_places_of_lines(text, spans):
    assert find_lines(np.frombuffer(text.encode(), dtype=np.uint8)).tolist() == [list(span) for span in spans]


def test_nothing_is_read_before_it_is_needed(tmp_path):
    dataset = TextLines(str(tmp_path / "none.txt"), str(tmp_path / "tokenizer"), lazy_init=True)
    assert [need.key for need in dataset.required_paths()] == ["file", "tokenizer"]
    with pytest.raises(ConfigError, match=r"none\.txt.*no such file"):
        len(dataset)


def test_files_that_cannot_be_used(lines, tmp_path):
    (tmp_path / "blank.txt").write_text("\n \n")
    with pytest.raises(DataError, match="holds no line"):
        TextLines(str(tmp_path / "blank.txt"), lines[1])
    TextLines(*lines)
    (tmp_path / "latin.txt").write_bytes(b"cut onion\nsaut\xe9 onion\n")
    dataset = TextLines(str(tmp_path / "latin.txt"), lines[1])
    with pytest.raises(DataError, match="byte 10: no utf-8"):
        dataset[1]


@pytest.mark.parametrize("options", [dict(block_size=2), dict(pipeline=[dict(type="X")])])
def test_bad_options(options):
    with pytest.raises(ConfigError, match="accepted: at least 3, no pipeline"):
        TextLines("x", "y", lazy_init=True, **options)
