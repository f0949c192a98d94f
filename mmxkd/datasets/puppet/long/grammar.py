"""What is done after what: recipes, alternatives, and recipes inside recipes.

The future depends on the past in four ways, of which the last action shows only a part: a recipe's steps come in order; which of its
two variants is under way shows early and decides the later steps; a recipe that another one interrupted is taken up again, so that
what was taken long ago is put back; and what comes next depends on the recipe and the variant that went before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """One action: names of a verb and a noun."""

    verb: str
    noun: str


@dataclass(frozen=True)
class Recipe:
    """A template: for each variant the steps in order, each with the probability that it is carried out."""

    name: str
    variants: tuple[tuple[tuple[Step, float], ...], ...]

    @property
    def nouns(self) -> frozenset[str]:
        """The things the recipe needs."""
        return frozenset(step.noun for variant in self.variants for step, _ in variant)


def _recipe(name: str, *variants: str) -> Recipe:
    """Read `take ball, shake ball?`: a question mark makes a step one that is done every other time."""
    read = []
    for variant in variants:
        words = [part.split() for part in variant.split(",")]
        read.append(tuple((Step(verb, noun.rstrip("?")), 0.5 if noun.endswith("?") else 1.0) for verb, noun in words))
    return Recipe(name, tuple(read))


RECIPES: tuple[Recipe, ...] = (
    _recipe(
        "signal",
        "take flag, raise flag, shake flag, lower flag, put flag",
        "take flag, shake flag, raise flag, lower flag, shake flag?, put flag",
    ),
    _recipe("juggle", "take ball, raise ball, lower ball, raise ball?, lower ball, put ball", "take ball, push ball, pull ball, put ball"),
    _recipe("serve", "take cup, push cup, pull cup, shake cup, put cup", "take cup, shake cup, shake cup?, push cup, pull cup, put cup"),
    _recipe(
        "hurdle",
        "jump-over stick, jump-over stick?, take stick, raise stick, lower stick, put stick",
        "take stick, shake stick, put stick, jump-over stick",
    ),
    _recipe("hoop", "take ring, raise ring, shake ring, lower ring, put ring", "take ring, put ring, jump-over ring, jump-over ring?"),
    _recipe("pack", "take box, push box, pull box?, put box", "jump-over box, take box, pull box, push box, put box"),
    _recipe("drum", "take stick, jump-over box, shake stick, put stick", "take stick, take box, put box, shake stick, put stick"),
    _recipe("tidy", "take ball, take box, put box, put ball", "take ball, take cup, put ball, put cup"),
    _recipe(
        "cheer",
        "take flag, take ring, shake ring, put ring, shake flag, put flag",
        "take ring, take flag, shake flag, put flag, shake ring, put ring",
    ),
)
"""The recipes. A step `lower ball` after one that was left out is left out as well."""

_INTERRUPTED = 0.18
_KEEPS_VARIANT = 0.8
_FOLLOWS = (0.6, 0.25, 0.15)

STEPS: tuple[Step, ...] = tuple(sorted({step for recipe in RECIPES for variant in recipe.variants for step, _ in variant}))
"""Every action of the grammar."""


class World:
    """What is held and what is held up; every other thing lies on the floor."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.raised: set[str] = set()

    def allows(self, step: Step) -> bool:
        """Return whether the step makes sense now."""
        held, raised = step.noun in self.held, step.noun in self.raised
        return {"take": not held, "jump-over": not held, "raise": held and not raised, "lower": raised, "put": held and not raised}.get(
            step.verb, held
        )

    def apply(self, step: Step) -> None:
        """Carry a step out."""
        if step.verb == "take":
            self.held.add(step.noun)
        elif step.verb == "put":
            self.held.discard(step.noun)
        elif step.verb == "raise":
            self.raised.add(step.noun)
        elif step.verb == "lower":
            self.raised.discard(step.noun)


def generate_steps(rng: np.random.RandomState) -> Iterator[Step]:
    """Draw an endless sequence of actions; what is taken is put back and what is raised is lowered.

    Args:
        rng: draws everything.
    """
    world = World()
    number, variant = int(rng.randint(len(RECIPES))), int(rng.randint(2))
    while True:
        yield from _perform(rng, RECIPES[number], variant, world, frozenset())
        kind = int(rng.choice(3, p=_FOLLOWS))
        near = (1 + 3 * variant, 4 - 2 * variant)
        number = int(rng.randint(len(RECIPES))) if kind == 2 else (number + near[kind]) % len(RECIPES)
        variant = variant if rng.uniform() < _KEEPS_VARIANT else 1 - variant


def _perform(rng: np.random.RandomState, recipe: Recipe, variant: int, world: World, busy: frozenset[str]) -> Iterator[Step]:
    """Draw one recipe; another one with other things may come in between, once and not inside that one."""
    interrupted = bool(busy)
    steps = recipe.variants[variant]
    for place, (step, probability) in enumerate(steps):
        if rng.uniform() >= probability or not world.allows(step):
            continue
        world.apply(step)
        yield step
        if interrupted or place == len(steps) - 1 or rng.uniform() >= _INTERRUPTED:
            continue
        others = [other for other in RECIPES if not other.nouns & recipe.nouns]
        # What interrupts is told by what is interrupted, three times of four.
        chosen = others[variant % len(others) if rng.uniform() < 0.75 else int(rng.randint(len(others)))]
        yield from _perform(rng, chosen, variant, world, recipe.nouns)
        interrupted = True
