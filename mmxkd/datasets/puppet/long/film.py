"""Story -> frames."""

from dataclasses import replace

import cv2
import numpy as np

from mmxkd.datasets.puppet.actions import FPS, add_habits, pose
from mmxkd.datasets.puppet.body import Point
from mmxkd.datasets.puppet.long.props import HALF_HEIGHT, draw_prop
from mmxkd.datasets.puppet.long.story import Story
from mmxkd.datasets.puppet.long.verbs import AT_REACH, BEFORE_FEET, IN_HANDS, perform
from mmxkd.datasets.puppet.long.vocabulary import COLOURS
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.datasets.puppet.render import SUPERSAMPLING, draw_background, draw_figure
from mmxkd.datasets.puppet.scene import Clothes, Group, Shot
from mmxkd.seeding import make_rng

_BLEND = 3
#: Noise is drawn for so many frames and used again in random order: drawing it for every frame would take as long as all the rest.
_NOISES = 16
_SKIN, _TROUSERS, _SHOES = (245.0, 205.0, 175.0), (185.0, 185.0, 195.0), (215.0, 215.0, 215.0)


def film_story(story: Story, world: LongWorld) -> np.ndarray:
    """Film a video; the pixels follow from the story and the world's settings alone.

    Returns:
        (T, S, S, 3) uint8 RGB, `FPS` frames per second.
    """
    group = Group.sample(make_rng("puppet-long", world.seed, "body", story.person), world.size, world.style)
    group = replace(group, clothes=Clothes(_SKIN, COLOURS[story.shirt], _TROUSERS, _SHOES))
    rng = make_rng("puppet-long", world.seed, "film", story.video_id)
    poses, place, nouns = _act(rng, story)
    poses = add_habits(rng, poses, world.style)
    shot = Shot.sample(rng, len(poses), world.style)
    points, pan = shot.project(group.body, poses)
    where = _prop_places(points, place, nouns, shot)
    fine = SUPERSAMPLING * world.size
    noise = np.rint(rng.standard_normal((_NOISES, world.size, world.size, 3)) * world.style.noise).astype(np.int16)
    order = rng.randint(_NOISES, size=len(poses))
    frames = np.empty((len(poses), world.size, world.size, 3), np.uint8)
    for index, noun in enumerate(nouns):
        canvas = draw_background(group.background, shot, pan[index], fine)
        draw_figure(canvas, group, points[index] * fine, shot)
        if noun is not None:
            draw_prop(canvas, noun, where[index] * fine, shot.height * fine, shot.facing, COLOURS[story.colours[noun]])
        picture = cv2.resize(canvas, (world.size, world.size), interpolation=cv2.INTER_AREA)
        frames[index] = np.clip(picture + noise[order[index]], 0, 255)
    return frames


def _act(rng: np.random.RandomState, story: Story) -> tuple[np.ndarray, np.ndarray, list[str | None]]:
    """Return poses (T, NUM_CHANNELS), where the thing is (T,), and which thing is seen in each frame.

    A thing is seen from the start of its action until the next one starts, so that nothing tells of what comes.
    """
    count = round(story.seconds * FPS)
    poses = np.tile(pose(), (count, 1))
    place = np.full(count, IN_HANDS)
    nouns: list[str | None] = [None] * count
    last = 0
    for segment in story.segments:
        first, end = round(segment.start * FPS), round(segment.stop * FPS)
        performance = perform(segment.verb, rng, end - first)
        # Between two actions the body keeps its pose, then passes quickly into that of the next one's beginning.
        blend = min(_BLEND, first - last)
        ramp = np.linspace(0.0, 1.0, blend + 2)[1:-1, None]
        poses[last:first] = poses[max(last - 1, 0)]
        poses[first - blend : first] += ramp * (performance.poses[0] - poses[first - blend : first])
        poses[first:end] = performance.poses
        poses[end:], place[end:] = performance.poses[-1], performance.place[-1]
        place[first:end] = performance.place
        nouns[first:] = [segment.noun] * (count - first)
        last = end
    return poses, place, nouns


def _prop_places(points: np.ndarray, place: np.ndarray, nouns: list[str | None], shot: Shot) -> np.ndarray:
    """Return the middle (T, 2) of the thing in each frame, in shares of the frame's side."""
    hands = points[:, [Point.LEFT_HAND, Point.RIGHT_HAND]].mean(axis=1)
    ankles = points[:, [Point.LEFT_ANKLE, Point.RIGHT_ANKLE]].mean(axis=1)
    half = np.array([0.0 if noun is None else HALF_HEIGHT[noun] for noun in nouns]) * shot.height
    floor = np.stack([ankles[:, 0], np.full(len(ankles), np.median(ankles[:, 1])) - half + 0.02], axis=-1)
    reach = floor + [0.36 * shot.height * shot.facing, 0.0]
    feet = floor + [0.10 * shot.height * shot.facing, 0.0]
    return np.select([(place == AT_REACH)[:, None], (place == BEFORE_FEET)[:, None]], [reach, feet], hands)
