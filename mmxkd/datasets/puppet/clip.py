"""A clip: script -> poses -> frames."""

from typing import NamedTuple

import numpy as np

from mmxkd.datasets.puppet.actions import ACTION_BY_NAME
from mmxkd.datasets.puppet.render import render_frames
from mmxkd.datasets.puppet.scene import Group, Shot
from mmxkd.datasets.puppet.style import DEFAULT_STYLE, PuppetStyle
from mmxkd.seeding import make_rng


class ClipScript(NamedTuple):
    """What a clip shows: an action's name, the group that performs it (from 1) and which of its takes (from 1)."""

    action: str
    group: int
    take: int

    @property
    def path(self) -> str:
        """File of the clip below the folder of videos, as UCF101 names it."""
        return f"{self.action}/v_{self.action}_g{self.group:02d}_c{self.take:02d}.mp4"


def generate_clip(
    script: ClipScript, seed: int = 0, num_frames: int = 24, size: int = 64, style: PuppetStyle = DEFAULT_STYLE
) -> np.ndarray:
    """Perform and film one clip; the pixels follow from the arguments alone.

    Args:
        script: what is shown and by whom.
        seed: seed of the world.
        num_frames: T, at `actions.FPS` frames per second.
        size: S, height and width in pixels.
        style: difficulty.

    Returns:
        (T, S, S, 3) uint8 RGB.

    Raises:
        KeyError: the action is not one of `actions.CLASSES`.
    """
    action = ACTION_BY_NAME[script.action]
    group = Group.sample(make_rng("puppet", seed, "group", script.group), size, style)
    rng = make_rng("puppet", seed, "clip", *script)
    poses = action.trajectory(rng, num_frames, style)
    shot = Shot.sample(rng, num_frames, style)
    return render_frames(rng, group, shot, poses, style.noise)
