"""What is said about the videos: captions in the layout of VidLanKD's HowTo100M files, and a text corpus without videos."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mmxkd.datasets.puppet.long.grammar import Step, generate_steps
from mmxkd.datasets.puppet.long.story import Story
from mmxkd.datasets.puppet.long.vocabulary import COLOURS, NOUNS, colour_word, noun_word, third_person
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.seeding import make_rng

_LATER = ("then", "next", "after that", "now")


class Event(NamedTuple):
    """Somebody (by the colour of the shirt) does something with a thing of some colour."""

    shirt: str
    verb: str
    colour: str
    noun: str


def tell_event(event: Event, other: Sequence[bool] = (False, False, False, False)) -> str:
    """Return `the person in red takes the blue ball`; ``other`` says of shirt, verb, colour, noun whether the other word is used."""
    shirt, colour = colour_word(event.shirt, other[0]), colour_word(event.colour, other[2])
    return f"the person in {shirt} {third_person(event.verb, other[1])} the {colour} {noun_word(event.noun, other[3])}"


def render_captions(stories: Sequence[Story], seed: int) -> dict[str, str]:
    """Return `pretraining_dataset_{data,keys}_{train,valid}.json`: per video one caption per action with its times in seconds.

    Here every word is now and then replaced by another one of the same meaning; what they have in common is to be seen.
    """
    files = {}
    for split, name in (("train", "train"), ("val", "valid")):
        data = {story.video_id: _captions(story, seed) for story in stories if story.split == split}
        files[f"pretraining_dataset_data_{name}.json"] = json.dumps(data, indent=0) + "\n"
        files[f"pretraining_dataset_keys_{name}.json"] = json.dumps(sorted(data)) + "\n"
    return files


def _captions(story: Story, seed: int) -> dict[str, list]:
    rng = make_rng("puppet-long", seed, "captions", story.video_id)
    texts = []
    for number, segment in enumerate(story.segments):
        event = Event(story.shirt, segment.verb, story.colours[segment.noun], segment.noun)
        texts.append(f"{_opener(rng, number)} {tell_event(event, (rng.uniform(size=4) < 0.5).tolist())}")
    return {"text": texts, "start": [segment.start for segment in story.segments], "end": [segment.stop for segment in story.segments]}


def render_corpus(world: LongWorld) -> dict[str, str]:
    """Return `corpus_{train,valid}.txt`: a document per line, every tenth for validation; one choice of words per document."""
    lines: dict[str, list[str]] = {"train": [], "valid": []}
    for number in range(world.documents):
        rng = make_rng("puppet-long", world.seed, "document", number)
        events = draw_events(rng, int(rng.randint(4, 11)), people=int(rng.randint(1, 3)))
        other = [rng.uniform() < 0.5] * 4
        line = " . ".join(f"{_opener(rng, place)} {tell_event(event, other)}" for place, event in enumerate(events)) + " ."
        lines["valid" if number % 10 == 9 else "train"].append(line)
    return {f"corpus_{name}.txt": "".join(line + "\n" for line in content) for name, content in lines.items()}


def draw_events(rng: np.random.RandomState, count: int, people: int) -> list[Event]:
    """Draw what ``people`` persons in shirts of different colours do, by turns; each follows the grammar with things of her own."""
    shirts = [str(shirt) for shirt in rng.choice(list(COLOURS), people, replace=False)]
    colours: list[Mapping[str, str]] = [{noun: str(rng.choice(list(COLOURS))) for noun in NOUNS} for _ in shirts]
    plans = [list(itertools.islice(generate_steps(rng), count)) for _ in shirts]
    turns = np.sort(rng.randint(people, size=count)) if rng.uniform() < 0.5 else rng.randint(people, size=count)
    places = [0] * people
    events = []
    for turn in turns:
        step: Step = plans[turn][places[turn]]
        places[turn] += 1
        events.append(Event(shirts[turn], step.verb, colours[turn][step.noun], step.noun))
    return events


def _opener(rng: np.random.RandomState, place: int) -> str:
    return "first" if place == 0 else str(rng.choice(_LATER))
