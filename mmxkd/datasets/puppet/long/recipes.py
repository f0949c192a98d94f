"""Recipes that nobody films, for pre-training on text: Recipe1M's json, and the actions an extractor finds in it."""

import itertools
import json
from collections.abc import Sequence

import numpy as np

from mmxkd.datasets.puppet.long.grammar import Step, generate_steps
from mmxkd.datasets.puppet.long.vocabulary import COLOURS, NOUNS, noun_word, verb_words
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.seeding import make_rng

_STARTS = ("", "", "now ", "then ", "next ", "after that ")


def render_recipes(world: LongWorld) -> dict[str, str]:
    """Return `layer1.json` (id, title, instructions of one or two imperative clauses) and `actions.txt`, a recipe per line.

    A line of actions reads `take <v> the red ball <a> raise <v> the red ball`; lines are in the order of the recipes' ids.
    """
    entries, lines = [], []
    for number in range(world.recipes):
        rng = make_rng("puppet-long", world.seed, "recipe", number)
        steps = list(itertools.islice(generate_steps(rng), int(rng.randint(6, 19))))
        colours = {noun: str(rng.choice(list(COLOURS))) for noun in NOUNS}
        clauses = [_clause(rng, step, colours[step.noun]) for step in steps]
        uid = f"{number:010x}"
        partition = "val" if number % 10 == 9 else "train"
        instructions = [{"text": text} for text in _sentences(rng, clauses)]
        entry = {
            "id": uid,
            "title": f"How to {_words(clauses[0])}",
            "ingredients": [],
            "instructions": instructions,
            "partition": partition,
        }
        entries.append(entry | {"url": f"puppet://recipe/{uid}"})
        lines.append(" <a> ".join(f"{verb} <v> {thing}" for verb, thing in clauses))
    return {"layer1.json": json.dumps(entries, indent=0) + "\n", "actions.txt": "".join(line + "\n" for line in lines)}


def _clause(rng: np.random.RandomState, step: Step, colour: str) -> tuple[str, str]:
    """Return verb and object; a recipe mentions the colour every other time."""
    named = f"{colour} " if rng.uniform() < 0.5 else ""
    return verb_words(step.verb, rng.uniform() < 0.1), f"the {named}{noun_word(step.noun, rng.uniform() < 0.1)}"


def _words(clause: tuple[str, str]) -> str:
    return " ".join(clause)


def _sentences(rng: np.random.RandomState, clauses: Sequence[tuple[str, str]]) -> list[str]:
    sentences, place = [], 0
    while place < len(clauses):
        count = 2 if rng.uniform() < 0.3 else 1
        text = str(rng.choice(_STARTS)) + " and ".join(_words(clause) for clause in clauses[place : place + count])
        sentences.append(f"{text[0].upper()}{text[1:]}.")
        place += count
    return sentences
