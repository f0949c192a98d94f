import pytest

from mmxkd.datasets.anticipation import RulstmTable
from mmxkd.datasets.anticipation.encoding import HistoryEncoder, keep_last
from mmxkd.datasets.anticipation.text import action_texts, egtea_text, epic_text, history_text, plain_text
from mmxkd.datasets.language.tokenizers import assemble_tokenizer, train_tokenizer
from mmxkd.errors import ConfigError, DataError


def test_published_texts():
    assert epic_text(" wash_board:chopping:wood") == " wash <v> wood chopping board"
    assert epic_text(" pick-up_chilli") == " pick-up <v> chilli"
    assert egtea_text(" Inspect/Read_recipe") == "inspect or read <v> recipe"
    assert egtea_text("Take_eating:utensil") == "take <v> eating utensil"
    assert plain_text("Pick-up_Red_box") == "pick up <v> red box"
    assert plain_text("wave") == "wave"


def test_clean_texts(rulstm):
    vocabulary = RulstmTable(str(rulstm)).table.vocabulary
    assert action_texts(vocabulary)[2] == " turn-on <v> tap"
    assert action_texts(vocabulary, clean=True)[2] == "turn on <v> tap"


def test_history_text_keeps_the_last():
    assert history_text([0, 1, 2], ["a", "b", "c"], 2) == "b <a> c"
    assert history_text((0,), ["a"], 5) == "a"
    assert history_text((), ["a"], 5) == ""
    assert history_text((0, 1), ["a", "b"]) == "a <a> b"


def test_the_last_ids_are_kept():
    assert keep_last([1, 2, 3, 4], 4) == [1, 2, 3, 4]
    assert keep_last([1, 2, 3, 4], 2) == [3, 4]
    assert keep_last([1, 2, 3, 4], 3, keep_cls=True) == [1, 3, 4]


def test_encoder(rulstm):
    vocabulary = RulstmTable(str(rulstm)).table.vocabulary
    tokenizer = train_tokenizer("bert", action_texts(vocabulary), 200)
    encoder = HistoryEncoder(vocabulary, tokenizer, hist_len=1)
    empty, one = encoder([(), (0, 3)])
    assert tokenizer.convert_ids_to_tokens(empty) == ["[CLS]", "[SEP]"]
    assert tokenizer.decode(one[1:-1]).replace(" ", "") == "put<v>smallplate"
    with pytest.raises(ConfigError, match="hist_len=0"):
        HistoryEncoder(vocabulary, tokenizer, hist_len=0)


def test_a_tokenizer_that_does_not_know_the_words(rulstm):
    vocabulary = RulstmTable(str(rulstm)).table.vocabulary
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<", ">", "v", "a", "take", "pan", "put"]
    tokenizer = assemble_tokenizer("bert", words)
    with pytest.raises(DataError, match=r"does not know \d+ of \d+ tokens .* in 3 action texts: .*max_unknown=0\.01"):
        HistoryEncoder(vocabulary, tokenizer)
    assert len(HistoryEncoder(vocabulary, tokenizer, max_unknown=1.0)([(0,)])) == 1
