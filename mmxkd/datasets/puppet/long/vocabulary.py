"""The words of the long videos: what can be done, with what, in which colours, and other words for the same."""

from typing import NamedTuple

Colour = tuple[float, float, float]


class Verb(NamedTuple):
    """A verb: two surface forms with one meaning, as EPIC-KITCHENS writes them (words joined by hyphens)."""

    name: str
    synonym: str


VERBS: tuple[Verb, ...] = (
    Verb("take", "pick-up"),
    Verb("put", "lay-down"),
    Verb("raise", "lift"),
    Verb("lower", "sink"),
    Verb("push", "shove"),
    Verb("pull", "draw"),
    Verb("shake", "swing"),
    Verb("jump-over", "leap-over"),
)
"""Verb classes in the order of their ids."""

NOUNS: dict[str, str] = {"ball": "sphere", "box": "crate", "cup": "mug", "flag": "banner", "stick": "rod", "ring": "hoop"}
"""Noun classes in the order of their ids, with another word for each."""

COLOURS: dict[str, Colour] = {
    "red": (255.0, 70.0, 70.0),
    "green": (80.0, 230.0, 80.0),
    "blue": (90.0, 120.0, 255.0),
    "yellow": (250.0, 230.0, 60.0),
    "pink": (255.0, 120.0, 230.0),
    "white": (245.0, 245.0, 245.0),
}
"""RGB of shirts and things, 0..255."""

COLOUR_SYNONYMS: dict[str, str] = {
    "red": "crimson",
    "green": "emerald",
    "blue": "azure",
    "yellow": "golden",
    "pink": "rosy",
    "white": "pale",
}

VERB_NAMES: tuple[str, ...] = tuple(verb.name for verb in VERBS)
_SYNONYM_OF: dict[str, str] = {verb.name: verb.synonym for verb in VERBS}


def verb_words(verb: str, synonym: bool = False) -> str:
    """Return a verb as words, `pick up` for take's synonym."""
    return (_SYNONYM_OF[verb] if synonym else verb).replace("-", " ")


def third_person(verb: str, synonym: bool = False) -> str:
    """Return what somebody does: `pushes`, `picks up`."""
    first, _, rest = verb_words(verb, synonym).partition(" ")
    first += "es" if first.endswith(("sh", "ch", "s")) else "s"
    return f"{first} {rest}".strip()


def verb_forms(verb: str) -> tuple[str, str]:
    """Return the two surface forms, the class's own first."""
    return verb, _SYNONYM_OF[verb]


def colour_word(colour: str, synonym: bool = False) -> str:
    """Return a colour's name."""
    return COLOUR_SYNONYMS[colour] if synonym else colour


def noun_word(noun: str, synonym: bool = False) -> str:
    """Return a thing's name."""
    return NOUNS[noun] if synonym else noun
