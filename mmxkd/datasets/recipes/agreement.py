"""How well an extractor agrees with sentences labelled by hand."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from mmxkd.datasets.anticipation.csv_files import read_lines
from mmxkd.datasets.recipes.actions import RecipeAction
from mmxkd.errors import DataError

_ARTICLES = ("a", "an", "the")


class LabelledSentence(NamedTuple):
    """A sentence and the actions a reader finds in it."""

    sentence: str
    actions: list[RecipeAction]


class Agreement(NamedTuple):
    """Fractions, over all sentences together, and what was wrong: (sentence, missed, made up)."""

    precision: float
    recall: float
    f1: float
    labelled: int
    mistakes: list[tuple[str, list[RecipeAction], list[RecipeAction]]]


def read_labelled(path: str | Path) -> list[LabelledSentence]:
    """Read json lines ``{"sentence": ..., "actions": [[verb, object], ...]}``; ``DataError`` for anything else."""
    found = []
    for number, line in enumerate(read_lines(Path(path)), 1):
        try:
            row = json.loads(line)
            found.append(LabelledSentence(row["sentence"], [RecipeAction(verb, thing) for verb, thing in row["actions"]]))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}:{number}: no sentence with actions ({error!r})") from None
    return found


def measure_agreement(extract: Callable[[str], list[RecipeAction]], samples: Sequence[LabelledSentence]) -> Agreement:
    """Compare (verb, object) pairs; both must be equal, a leading article and commas apart."""
    right = ours = labelled = 0
    mistakes = []
    for sentence, expected in samples:
        want, got = (Counter(map(_normal, actions)) for actions in (expected, extract(sentence)))
        right, ours, labelled = right + (want & got).total(), ours + got.total(), labelled + want.total()
        if want != got:
            mistakes.append((sentence, list((want - got).elements()), list((got - want).elements())))
    precision, recall = right / max(ours, 1), right / max(labelled, 1)
    return Agreement(precision, recall, 2 * right / max(ours + labelled, 1), labelled, mistakes)


def _normal(action: RecipeAction) -> RecipeAction:
    words = action.object.lower().replace(",", " ").split()
    return RecipeAction(action.verb.lower(), " ".join(words[1:] if words[:1] and words[0] in _ARTICLES else words))
