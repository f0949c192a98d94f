"""Actions from plain sentences without any trained model: imperative clauses over a closed lexicon."""

import re

from mmxkd.datasets.recipes.actions import RecipeAction
from mmxkd.datasets.recipes.lexicon import (
    ADVERBS,
    CONJUNCTIONS,
    DETERMINERS,
    INGREDIENT_LIKE,
    NEGATIONS,
    NOUN_LIKE,
    PARTICLES,
    PREPOSITIONS,
    STOPPED,
    SUBORDINATORS,
    TIME_UNITS,
    VERBS,
)

_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TOKEN = re.compile(r"\d+(?:[./]\d+)*(?:-[^\W\d_]+)*(?:\s*(?:°|º))?|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|[.,;:!?&]", re.UNICODE)
_STOPS = frozenset(".;:!?")


class ImperativeExtractor:
    """Find "<verb> <object>" orders: a verb of the lexicon at the beginning of a clause, and the noun phrase after it.

    A clause begins with the sentence, after punctuation, and after a comma or conjunction that is followed by a verb; adverbs and leading
    phrases ("In a large bowl,", "When hot,") are passed over. The object ends at a preposition, a subordinator, an adverb or the next
    clause. Of several verbs in a row ("wash and chop the onions") each gets the object of the last. Clauses without an object, negated
    ones and those of verbs that tell nothing (``lexicon.STOPPED``) give no action, as in the published extraction. Words are not
    lemmatised, and articles stay.
    """

    def __call__(self, sentence: str) -> list[RecipeAction]:
        """Return the actions of a sentence, in order."""
        text = _PARENTHESES.sub(" ", sentence.lower())
        words = [match.group().replace("\u2019", "'") for match in _TOKEN.finditer(text)]
        actions: list[RecipeAction] = []
        waiting: list[str] = []
        place, begins = 0, True
        while place < len(words):
            word = words[place]
            if word in _STOPS:
                place, begins, waiting = place + 1, True, []
            elif word == "," or word in CONJUNCTIONS:
                following = _skip_joints(words, place)
                begins = begins or _is_order(words, following)
                place = following
            elif not begins or (word in ADVERBS and not _is_order(words, place)):
                place += 1
            elif word in NEGATIONS or (word == "do" and place + 1 < len(words) and words[place + 1] in NEGATIONS):
                place, begins = _end_of_clause(words, place), False
            elif _is_order(words, place, at_start=True):
                place, verb, found = _read_order(words, place)
                if found:
                    actions += [RecipeAction(name, found) for name in [*waiting, verb] if name.split()[0] not in STOPPED]
                waiting = [*waiting, verb] if not found and _joins_verb(words, place) else []
                begins = False
            elif word in PREPOSITIONS or word in SUBORDINATORS:
                place = _after_comma(words, place)
            else:
                place, begins = place + 1, False
        return actions


def _skip_joints(words: list[str], place: int) -> int:
    """Return the place after commas, conjunctions and adverbs."""
    while place < len(words) and (words[place] == "," or words[place] in CONJUNCTIONS or words[place] in ADVERBS):
        place += 1
    return place


def _is_order(words: list[str], place: int, at_start: bool = False) -> bool:
    """Return whether a clause's verb stands at ``place``; a word that is as often a noun only if what follows looks like an object."""
    if place >= len(words) or words[place] not in VERBS:
        return False
    if words[place] not in NOUN_LIKE or at_start:
        return True
    following = words[place + 1] if place + 1 < len(words) else "."
    if following in DETERMINERS or following[0].isdigit():
        return True
    return words[place] not in INGREDIENT_LIKE and following in PREPOSITIONS | SUBORDINATORS


def _joins_verb(words: list[str], place: int) -> bool:
    """Return whether ", " or "and" and another verb follow."""
    joint = place < len(words) and (words[place] == "," or words[place] in CONJUNCTIONS)
    return joint and _is_order(words, _skip_joints(words, place))


def _read_order(words: list[str], place: int) -> tuple[int, str, str]:
    """Return the place after the order whose verb stands at ``place``, the verb with its particle, and the object (or nothing)."""
    verb, place = words[place], place + 1
    while place < len(words) and words[place] in ADVERBS - PARTICLES:
        place += 1
    if place < len(words) and words[place] in PARTICLES and _begins_object(words, place + 1):
        verb, place = f"{verb} {words[place]}", place + 1
    begin = place
    while place < len(words) and _continues(words, begin, place):
        place += 1
    found = words[begin:place]
    while found and (found[-1] == "," or found[-1] in CONJUNCTIONS):
        found.pop()
    # "simmer 10 minutes" tells how long, not what.
    return place, verb, "" if found and found[-1] in TIME_UNITS else " ".join(found)


def _begins_object(words: list[str], place: int) -> bool:
    """Return whether a noun phrase can begin here, so that the word before it is the verb's particle and no preposition."""
    return place < len(words) and words[place] not in PREPOSITIONS | CONJUNCTIONS | _STOPS | {","}


def _continues(words: list[str], begin: int, place: int) -> bool:
    """Return whether the word at ``place`` belongs to the object that began at ``begin``."""
    word = words[place]
    if word in _STOPS or word in PREPOSITIONS or word in SUBORDINATORS - DETERMINERS:
        return False
    if word in ADVERBS:
        # "finely chopped nuts": an adverb inside, not at the end.
        return place + 1 < len(words) and (words[place + 1].endswith("ed") or words[place + 1].endswith("en"))
    if word == "," or word in CONJUNCTIONS:
        following = _skip_joints(words, place)
        ends = following >= len(words) or words[following] in _STOPS or words[following] in PREPOSITIONS | SUBORDINATORS
        return place > begin and word != "then" and not ends and not _is_order(words, following) and not words[following].endswith("ing")
    return True


def _after_comma(words: list[str], place: int) -> int:
    """Return the place of the comma or stop that ends a leading phrase; an order after "and" or "then" ends it, too."""
    while place < len(words) and words[place] != "," and words[place] not in _STOPS:
        if words[place] in CONJUNCTIONS and _is_order(words, _skip_joints(words, place)):
            break
        place += 1
    return place


def _end_of_clause(words: list[str], place: int) -> int:
    """Return the place of the comma, stop or conjunction that ends a clause nobody is to obey."""
    while place < len(words) and words[place] != "," and words[place] not in _STOPS and words[place] not in CONJUNCTIONS:
        place += 1
    return place
