"""Sentence pairs: a probe of what a video shows (who, which colour, what order, where things are), and a task in QNLI's layout."""

import json
from collections.abc import Callable

import numpy as np

from mmxkd.datasets.puppet.long.captions import Event, draw_events, tell_event
from mmxkd.datasets.puppet.long.grammar import STEPS
from mmxkd.datasets.puppet.long.vocabulary import COLOURS, colour_word, noun_word, third_person, verb_words
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.seeding import make_rng

KINDS = ("who", "colour", "order", "place")
_PLACES = {"put": "on the floor", "jump-over": "on the floor", "raise": "overhead"}
_IN_HANDS = "in the hands"


def render_probe(world: LongWorld) -> dict[str, str]:
    """Return `{train,dev}.jsonl`: `{"id", "kind", "sentence1", "sentence2", "label"}`, label 1 when the second sentence holds.

    `kind` is one of `KINDS`. The second sentence uses other words than the first one every other time, and where things are
    (`place`) no text of the corpus says.
    """
    return {
        f"{split}.jsonl": "".join(json.dumps(_probe(world.seed, split, number)) + "\n" for number in range(count))
        for split, count in _sizes(world)
    }


def render_qnli(world: LongWorld) -> dict[str, str]:
    """Return `{train,dev}.tsv` with QNLI's columns: index, question, sentence, label (entailment when the sentence answers)."""
    files = {}
    for split, count in _sizes(world):
        rows = ["\t".join((str(number), *_qnli(world.seed, split, number))) for number in range(count)]
        files[f"{split}.tsv"] = "\n".join(["index\tquestion\tsentence\tlabel", *rows]) + "\n"
    return files


def _sizes(world: LongWorld) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("train", world.pairs), ("dev", world.pairs // 4)


def _probe(seed: int, split: str, number: int) -> dict:
    kind, label = KINDS[number % len(KINDS)], number // len(KINDS) % 2
    rng = make_rng("puppet-long", seed, "probe", split, number)
    events = _distinct_events(rng)
    other = [bool(rng.uniform() < 0.5)] * 4
    premise = " . ".join(f"{'then ' if place else ''}{tell_event(event)}" for place, event in enumerate(events)) + " ."
    hypothesis = _CLAIMS[kind](rng, events, bool(label), other)
    return {"id": f"{split}-{number}", "kind": kind, "sentence1": premise, "sentence2": f"{hypothesis} .", "label": label}


def _distinct_events(rng: np.random.RandomState) -> list[Event]:
    """Draw three or four events of two people that differ in verb or thing, so that no claim about one holds of another."""
    while True:
        events = draw_events(rng, int(rng.randint(3, 5)), people=2)
        if len({event[1:] for event in events}) == len(events) and len({event.shirt for event in events}) == 2:
            return events


def _who(rng: np.random.RandomState, events: list[Event], holds: bool, other: list[bool]) -> str:
    event = events[rng.randint(len(events))]
    if not holds:
        event = event._replace(shirt=next(someone.shirt for someone in events if someone.shirt != event.shirt))
    return tell_event(event, other)


def _colour(rng: np.random.RandomState, events: list[Event], holds: bool, other: list[bool]) -> str:
    event = events[rng.randint(len(events))]
    if not holds:
        used = {someone.colour for someone in events}
        event = event._replace(colour=str(rng.choice([colour for colour in COLOURS if colour not in used])))
    return tell_event(event, other)


def _order(rng: np.random.RandomState, events: list[Event], holds: bool, other: list[bool]) -> str:
    first, second = sorted(rng.choice(len(events), 2, replace=False))
    if rng.uniform() < 0.5:
        word, pair = "before", (first, second)
    else:
        word, pair = "after", (second, first)
    left, right = pair if holds else pair[::-1]
    return f"{tell_event(events[left], other)} {word} {tell_event(events[right], other)}"


def _place(rng: np.random.RandomState, events: list[Event], holds: bool, other: list[bool]) -> str:
    event = events[-1]
    place = _PLACES.get(event.verb, _IN_HANDS)
    if not holds:
        place = str(rng.choice([name for name in ("on the floor", "overhead", _IN_HANDS) if name != place]))
    return f"now the {colour_word(event.colour, other[2])} {noun_word(event.noun, other[3])} is {place}"


_CLAIMS: dict[str, Callable[[np.random.RandomState, list[Event], bool, list[bool]], str]] = {
    "who": _who,
    "colour": _colour,
    "order": _order,
    "place": _place,
}


def _qnli(seed: int, split: str, number: int) -> tuple[str, str, str]:
    rng = make_rng("puppet-long", seed, "qnli", split, number)
    event = draw_events(rng, 1, people=1)[0]
    answers = number % 2 == 0
    thing = f"the {event.colour} {event.noun}"
    person = f"the person in {event.shirt}"
    questions = (
        f"Who {third_person(event.verb)} {thing}?",
        f"What does {person} {verb_words(event.verb)}?",
        f"What does {person} do with {thing}?",
    )
    kind = int(rng.randint(3))
    if not answers:
        # The sentence differs in what the question names.
        event = _altered(rng, event, (("verb", "colour"), ("shirt", "verb"), ("shirt", "colour"))[kind][rng.randint(2)])
    sentence = tell_event(event, (rng.uniform(size=4) < 0.3).tolist())
    return questions[kind], f"{sentence[0].upper()}{sentence[1:]}.", "entailment" if answers else "not_entailment"


def _altered(rng: np.random.RandomState, event: Event, field: str) -> Event:
    """Return the event with another value of one field, still one the grammar knows."""
    if field == "verb":
        choices = [step.verb for step in STEPS if step.noun == event.noun and step.verb != event.verb]
        return event._replace(verb=str(rng.choice(choices)))
    current = getattr(event, field)
    return event._replace(**{field: str(rng.choice([colour for colour in COLOURS if colour != current]))})
