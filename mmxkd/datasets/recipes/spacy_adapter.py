"""Actions from spaCy's dependency parses, for those who have its weights."""

from typing import Any

from mmxkd.datasets.recipes.actions import RecipeAction
from mmxkd.datasets.recipes.frames import STOP_VERBS
from mmxkd.errors import ConfigError

_OBJECTS = ("dobj", "obj")
#: Parts of an object's subtree that are no part of its noun phrase.
_LOOSE = ("prep", "relcl", "acl", "advcl", "punct", "mark")


def actions_of_doc(doc: Any) -> list[RecipeAction]:
    """Return the actions of a parsed sentence.

    Every verb with a direct object gives one: verb and particle, and the object's noun phrase without clauses and prepositional phrases
    (except those of "of"). A verb without object that is joined to one with an object ("wash and chop the onions") shares it.

    Args:
        doc: iterable of tokens with ``text``, ``pos_``, ``dep_``, ``i`` and ``children``: a spaCy ``Doc`` or ``Span``.
    """
    actions = []
    for token in doc:
        verb = token.text.lower()
        if token.pos_ != "VERB" or verb in STOP_VERBS:
            continue
        found = _object_of(token)
        if found is None:
            found = next((shared for child in token.children if child.dep_ == "conj" and (shared := _object_of(child)) is not None), None)
        if found is None or any(child.dep_ == "neg" for child in token.children):
            continue
        particles = [child.text.lower() for child in token.children if child.dep_ == "prt"]
        words = [part.text.lower() for part in sorted(_phrase(found), key=lambda part: part.i)]
        actions.append(RecipeAction(" ".join([verb, *particles]), " ".join(words)))
    return actions


def _object_of(token: Any) -> Any:
    return next((child for child in token.children if child.dep_ in _OBJECTS), None)


def _phrase(token: Any) -> list[Any]:
    """Return the tokens of a noun phrase, the head's first."""
    parts = [token]
    for child in token.children:
        if child.dep_ not in _LOOSE or (child.dep_ == "prep" and child.text.lower() == "of"):
            parts += _phrase(child)
    return parts


class SpacyExtractor:
    """Parse sentences with a spaCy model.

    Args:
        model: name or folder of an installed model.

    Raises:
        ConfigError: spaCy or the model is not installed.
    """

    def __init__(self, model: str = "en_core_web_sm") -> None:
        try:
            import spacy
        except ImportError as error:
            raise ConfigError("extractor 'spacy': spaCy is not installed (pip install spacy); 'rules' needs nothing") from error
        try:
            self._parse = spacy.load(model)
        except OSError as error:
            raise ConfigError(f"extractor 'spacy': no model {model!r}: {error}") from error

    def __call__(self, sentence: str) -> list[RecipeAction]:
        """Return the actions of a sentence."""
        return actions_of_doc(self._parse(sentence))
