"""An action of a recipe, and the text lines a language model is pre-trained on."""

from collections.abc import Iterable
from typing import NamedTuple

from mmxkd.datasets.anticipation.text import JOINT, VERB_MARK


class RecipeAction(NamedTuple):
    """What is done (``'stir in'``) and to what (``'the chopped onions'``), lower case."""

    verb: str
    object: str


def recipe_text(sentences: Iterable[Iterable[RecipeAction]]) -> str:
    """Return the line of a recipe: ``'<verb> <v> <object>'`` of all its sentences, joined by `` <a> ``; empty without actions."""
    return JOINT.join(f"{action.verb} {VERB_MARK} {action.object}" for actions in sentences for action in actions)
