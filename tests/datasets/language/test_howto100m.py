"""Captions and features: what is joined, which frames are read, and what happens to what is missing."""

import json

import numpy as np
import pytest

from mmxkd.datasets.language.captions import Caption, cut_overlap, cut_word_overlap, make_sentence, read_captions
from mmxkd.datasets.language.frames import frame_window, last_channel_mask
from mmxkd.datasets.language.howto100m import HowTo100M
from mmxkd.datasets.language.tokenizers import assemble_tokenizer, save_tokenizer
from mmxkd.datasets.samplers import SampleKey
from mmxkd.errors import ConfigError, DataError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "we", "take", "the", "pan", "and", "oil", "nan"]


@pytest.fixture
def folder(tmp_path):
    save_tokenizer(assemble_tokenizer("bert", WORDS), tmp_path / "tokenizer")
    captions = {
        "a": {"text": ["we take the pan", "the pan and oil"], "start": [1.0, 3.0], "end": [3.5, 6.2]},
        "b": {"text": ["we take oil", float("nan")], "start": [0.0, 2.0], "end": [2.0, 4.0]},
        "c": {"text": ["the oil"], "start": [0.0], "end": [2.0]},
        "d": {"text": [float("nan")], "start": [0.0], "end": [1.0]},
    }
    (tmp_path / "captions.json").write_text(json.dumps(captions))
    (tmp_path / "keys.json").write_text(json.dumps(["a", "b", "c", "d"]))
    for name, rate, width in (("2d", 1, 3), ("3d", 1.5, 2)):
        (tmp_path / name).mkdir()
        for uid in "ab":
            rows = np.arange(int(10 * rate), dtype=np.float32)[:, None]
            np.save(tmp_path / name / f"{uid}.npy", np.repeat(rows, width, axis=1))
    return tmp_path


def build(folder, **options):
    stores = [dict(type="NpyFeatures", path=str(folder / name)) for name in ("2d", "3d")]
    files = [str(folder / name) for name in ("captions.json", "keys.json")]
    return HowTo100M(*files, *stores, str(folder / "tokenizer"), **{"max_tokens": 12, "max_missing": 0.5, **options})


def test_overlap_is_cut_by_letters_or_by_words():
    assert cut_overlap("we take the pan", "the pan and oil") == "we take "
    assert cut_overlap("we take the", "end it") == "we take th"
    assert cut_word_overlap("we take the", "end it") == "we take the"
    assert cut_word_overlap("we take the pan", "the pan and oil") == "we take"
    captions = [Caption("we take the pan", 0, 1), Caption("the pan and oil", 1, 2)]
    assert make_sentence(captions, 20).text == "we take . the pan and oil . "
    assert make_sentence(captions, 20, join="published").text == "we take the pan . the pan and oil . "
    assert make_sentence(captions, 3).captions == 1
    assert make_sentence(captions, 20, first=1).start == 1


def test_what_is_no_text_is_left_out_or_written_out():
    entry = {"text": ["a", float("nan"), None], "start": [0, 1, 2], "end": [1, 2, 3]}
    assert [caption.text for caption in read_captions(entry)] == ["a"]
    assert [caption.text for caption in read_captions(entry, published=True)] == ["a", "nan", "None"]


@pytest.mark.parametrize(("window", "counts"), [((0, 500), (20, 30)), ((7.5, 7.6), (1, 1)), ((90, 99), (20, 30)), ((3, 1), (20, 30))])
def test_windows_stay_inside(window, counts):
    rows = frame_window(*window, *counts, max_frames=8)
    assert len(rows[0]) == len(rows[1]) <= 8
    for part, count in zip(rows, counts, strict=True):
        assert 0 <= part.min() <= part.max() < count
        assert (np.diff(part) >= 0).all()


def test_a_sample(folder):
    dataset = build(folder)
    sample = dataset[SampleKey(2, 5, 0)]
    words = [WORDS[number] for number in sample["inputs"]["input_ids"]]
    assert words == ["[CLS]", "we", "take", ".", "the", "pan", "and", "oil", ".", "[SEP]"]
    video = sample["inputs"]["video"]
    assert video.shape == (7, 5)
    assert video[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert video[:, 3].tolist() == [1, 2, 4, 5, 7, 8, 10]
    assert sample["inputs"]["video_mask"].all()
    info = sample["data_samples"]
    assert (info.uid, info.index, info.epoch, info.position) == ("a", 0, 2, 5)


def test_the_published_mask_loses_frames_whose_last_channel_is_zero(folder):
    assert last_channel_mask(np.array([[1.0, 0.0], [0.0, 2.0]])).tolist() == [False, True]
    assert build(folder)[1]["inputs"]["video_mask"].tolist() == [True] * 3
    assert build(folder, frame_mask="last_channel")[1]["inputs"]["video_mask"].tolist() == [False, True, True]


def test_missing_features_are_left_out_kept_as_zeros_or_too_many(folder):
    assert [uid for uid, _ in build(folder).rows] == ["a", "b"]
    kept = build(folder, zeros_for_missing=True)
    assert [uid for uid, _ in kept.rows] == ["a", "b", "c"]
    sample = kept[2]
    assert (sample["inputs"]["video"] == 0).all()
    assert not sample["inputs"]["video_mask"].any()
    assert sample["data_samples"].broken == ["c"]
    with pytest.raises(DataError, match=r"1 of 4 ids.*lack features \(first 'c'\).*max_missing=0\.1"):
        build(folder, max_missing=0.1)
    assert len(build(folder, published_multiple=2)) == 2


def test_random_windows_are_a_function_of_seed_epoch_and_index(folder):
    dataset = build(folder, window="random", max_tokens=4)
    seen = {tuple(dataset[SampleKey(epoch, 0, 0)]["inputs"]["input_ids"].tolist()) for epoch in range(12)}
    assert len(seen) == 2
    again = build(folder, window="random", max_tokens=4)
    for epoch in range(4):
        key = SampleKey(epoch, 0, 0)
        assert dataset[key]["inputs"]["input_ids"].equal(again[key]["inputs"]["input_ids"])


def test_bad_files_and_settings_are_named(folder):
    with pytest.raises(ConfigError, match="window='last'; accepted: first, random"):
        build(folder, window="last")
    (folder / "keys.json").write_text('["a", "zz"]')
    with pytest.raises(DataError, match=r"1 ids have no captions.*'zz'"):
        build(folder)
    (folder / "keys.json").write_text("[")
    with pytest.raises(DataError, match="not json"):
        build(folder)
    (folder / "keys.json").unlink()
    with pytest.raises(ConfigError, match="no such file"):
        build(folder)


def test_cut_off_features_are_named(folder):
    path = folder / "2d" / "a.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match=r"a\.npy"):
        build(folder)[0]
