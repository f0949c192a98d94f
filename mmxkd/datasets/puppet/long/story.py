"""A long video before it is filmed: who does what with what, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmxkd.datasets.puppet.long.grammar import Step, generate_steps
from mmxkd.datasets.puppet.long.vocabulary import COLOURS, NOUNS
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.seeding import make_rng

VIDEOS_PER_PERSON = 5
_SHORT_GAP, _LONG_GAP, _LONG_GAPS = (0.15, 0.5), (0.8, 1.8), 0.25


class Segment(NamedTuple):
    """One action of a video: seconds, and the names of verb and noun."""

    start: float
    stop: float
    verb: str
    noun: str


@dataclass(frozen=True)
class Story:
    """What happens in a video.

    Attributes:
        video_id: `P<person>_<number>`.
        person: number of who acts, from 1.
        split: 'train' or 'val'.
        shirt: name of the colour of the person's shirt.
        colours: noun -> name of the colour it has in this video.
        seconds: length of the video.
        segments: the actions, in order and one at a time.
    """

    video_id: str
    person: int
    split: str
    shirt: str
    colours: dict[str, str]
    seconds: float
    segments: tuple[Segment, ...]


def tell_stories(world: LongWorld) -> list[Story]:
    """Return the stories of a world, validation first, in the order of their ids."""
    people = -(-world.val_videos // VIDEOS_PER_PERSON)
    stories = [_tell(world, index // VIDEOS_PER_PERSON + 1, index % VIDEOS_PER_PERSON + 1, "val") for index in range(world.val_videos)]
    return stories + [
        _tell(world, people + index // VIDEOS_PER_PERSON + 1, index % VIDEOS_PER_PERSON + 1, "train") for index in range(world.train_videos)
    ]


def _tell(world: LongWorld, person: int, number: int, split: str) -> Story:
    shirt = str(make_rng("puppet-long", world.seed, "person", person).choice(list(COLOURS)))
    rng = make_rng("puppet-long", world.seed, "story", person, number)
    # Nothing has the colour of the shirt it is held in front of.
    palette = [colour for colour in COLOURS if colour != shirt]
    colours = {noun: str(rng.choice(palette)) for noun in NOUNS}
    seconds = round(rng.uniform(*world.seconds), 2)
    steps = generate_steps(rng)
    segments = tuple(_time(rng, steps, seconds, world))
    return Story(f"P{person:02d}_{number:02d}", person, split, shirt, colours, seconds, segments)


def _time(rng: np.random.RandomState, steps: Iterator[Step], seconds: float, world: LongWorld) -> Iterator[Segment]:
    """Give the steps times until the video is full."""
    now = rng.uniform(0.3, 1.0)
    for step in steps:
        stop = now + rng.uniform(*world.action_seconds)
        if stop > seconds - 0.1:
            return
        yield Segment(round(now, 2), round(stop, 2), *step)
        now = stop + rng.uniform(*(_LONG_GAP if rng.uniform() < _LONG_GAPS else _SHORT_GAP))
