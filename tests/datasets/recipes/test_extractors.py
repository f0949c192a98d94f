from dataclasses import dataclass, field

import pytest

from mmxkd.datasets.recipes.agreement import measure_agreement, read_labelled
from mmxkd.datasets.recipes.frames import FrameExtractor, find_spans, read_frames
from mmxkd.datasets.recipes.imperative import ImperativeExtractor
from mmxkd.datasets.recipes.spacy_adapter import SpacyExtractor, actions_of_doc
from mmxkd.errors import ConfigError, DataError

WORDS = ["Heat", "the", "oil", "and", "fry", "the", "onions"]
HEAT = ["B-V", "B-ARG1", "I-ARG1", "O", "O", "O", "O"]
FRY = ["O", "O", "O", "O", "B-V", "B-ARG1", "I-ARG1"]


def test_spans():
    words = ["a", "b", "c", "d"]
    assert find_spans(words, ["B-V", "I-V", "B-V", "O"], "V") == ["a b", "c"]
    assert find_spans(words, ["I-V", "O", "B-ARG1", "I-ARG2"], "V") == []
    assert find_spans(words, ["O", "O", "B-V", "I-V"], "V") == ["c d"]
    assert find_spans(words, ["O", "O", "B-V", "I-V"], "V", keep_open=False) == []


def test_an_object_at_the_end_is_lost_as_published():
    sentence = {"words": WORDS, "verbs": [{"tags": HEAT}, {"tags": FRY}]}
    assert FrameExtractor()(sentence) == [("heat", "the oil"), ("fry", "the onions")]
    assert FrameExtractor(published=True)(sentence) == [("heat", "the oil")]


@pytest.mark.parametrize(
    ("verb", "fixed", "published"), [("let", 0, 0), ("want", 0, 1), ("could", 0, 1), ("couldwant", 1, 0), ("stir", 1, 1)]
)
def test_stop_verbs_and_the_missing_comma(verb, fixed, published):
    sentence = {"words": [verb, "it", "."], "verbs": [{"tags": ["B-V", "B-ARG1", "O"]}]}
    assert [len(FrameExtractor(mode)(sentence)) for mode in (False, True)] == [fixed, published]


def test_frames_without_verb_or_object_and_the_first_of_several():
    tags = [["B-V", "O", "O", "O"], ["O", "B-ARG1", "O", "O"], ["B-V", "B-ARG1", "B-ARG1", "B-V"]]
    sentence = {"words": ["Cut", "this", "that", "off"], "verbs": [{"tags": row} for row in tags]}
    assert FrameExtractor()(sentence) == [("cut", "this")]


def test_malformed_frames(tmp_path):
    path = tmp_path / "frames.jsonl"
    path.write_text('{"id": "r", "sentences": [{"words": ["a"], "verbs": [{"tags": ["O", "O"]}]}]}\n')
    with pytest.raises(DataError, match=r"frames\.jsonl:1: no recipe of frames \(.*unequal number \[1, 2\]"):
        list(read_frames(path))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Wash and chop the carrots.", [("wash", "the carrots"), ("chop", "the carrots")]),
        ("In a bowl, stir in the milk (warm).", [("stir in", "the milk")]),
        ("Add salt, pepper and oil.", [("add", "salt , pepper and oil")]),
        ("Do not stir the rice, but add the peas.", [("add", "the peas")]),
        ("Simmer 10 minutes.", []),
        ("Bring to a boil", []),
        ("", []),
        ("Until, and, the.", []),
    ],
)
def test_imperatives(sentence, expected):
    assert ImperativeExtractor()(sentence) == expected


def test_agreement_with_sentences_labelled_by_hand(repo):
    """The lexicon was settled on the first file; the second was labelled before and looked at after."""
    figures = {
        name: measure_agreement(ImperativeExtractor(), read_labelled(repo / f"tests/data/recipes/{name}.jsonl"))
        for name in ("labelled", "held_out")
    }
    assert figures["labelled"].labelled == 49
    assert figures["labelled"].f1 >= 0.95
    assert figures["held_out"].precision >= 0.85
    assert figures["held_out"].recall >= 0.8


def test_agreement_counts(tmp_path):
    path = tmp_path / "sample.jsonl"
    path.write_text('{"sentence": "Heat the oil, then fry onions.", "actions": [["heat", "oil"], ["fry", "the onions"], ["add", "x"]]}\n')
    found = measure_agreement(lambda sentence: [*ImperativeExtractor()(sentence)[:1]], read_labelled(path))
    assert (found.precision, found.recall, found.f1, found.labelled) == (1.0, 1 / 3, 0.5, 3)
    assert [len(part) for part in found.mistakes[0][1:]] == [2, 0]
    path.write_text("{}\n")
    with pytest.raises(DataError, match=r"sample\.jsonl:1: no sentence with actions"):
        read_labelled(path)


@dataclass
class Token:
    """What of spaCy's tokens the adapter looks at; annotated by hand, so that no model is needed."""

    text: str
    pos_: str
    dep_: str
    head: int
    i: int = 0
    children: list = field(default_factory=list)


def parsed(*rows):
    tokens = [Token(*row) for row in rows]
    for place, token in enumerate(tokens):
        token.i = place
        if token.head != place:
            tokens[token.head].children.append(token)
    return tokens


def test_a_parsed_sentence():
    doc = parsed(
        ("Wash", "VERB", "ROOT", 0),
        ("and", "CCONJ", "cc", 0),
        ("chop", "VERB", "conj", 0),
        ("a", "DET", "det", 4),
        ("cup", "NOUN", "dobj", 2),
        ("of", "ADP", "prep", 4),
        ("nuts", "NOUN", "pobj", 5),
        ("in", "ADP", "prep", 4),
        ("bowls", "NOUN", "pobj", 7),
        (",", "PUNCT", "punct", 2),
        ("turn", "VERB", "conj", 2),
        ("off", "ADP", "prt", 10),
        ("heat", "NOUN", "dobj", 10),
    )
    assert actions_of_doc(doc) == [("wash", "a cup of nuts"), ("chop", "a cup of nuts"), ("turn off", "heat")]


def test_parses_that_give_nothing():
    assert (
        actions_of_doc(parsed(("Do", "AUX", "aux", 2), ("not", "PART", "neg", 2), ("stir", "VERB", "ROOT", 2), ("it", "PRON", "dobj", 2)))
        == []
    )
    assert actions_of_doc(parsed(("Let", "VERB", "ROOT", 0), ("it", "PRON", "dobj", 0))) == []
    assert actions_of_doc(parsed(("Simmer", "VERB", "ROOT", 0))) == []


def test_spacy_is_optional(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "spacy", None)
    with pytest.raises(ConfigError, match="spaCy is not installed"):
        SpacyExtractor()
