"""The settings of a puppet world: which clips it holds, and all they depend on."""

import itertools
import json
from dataclasses import asdict, dataclass

from mmxkd.datasets.puppet.actions import CLASSES, FPS
from mmxkd.datasets.puppet.clip import ClipScript
from mmxkd.datasets.puppet.style import DEFAULT_STYLE, PuppetStyle
from mmxkd.errors import ConfigError

GENERATOR_VERSION = 1
"""Raised whenever the same settings would give other pixels."""


@dataclass(frozen=True)
class PuppetWorld:
    """Settings of a world; equal settings are equal files.

    Groups are numbered through: the test groups come first, then the training groups, of which the first ``labelled_groups`` make
    up the list of labelled clips. Every group performs every class ``clips`` times.

    Attributes:
        train_groups: groups of the training split.
        test_groups: groups of the test split.
        clips: takes per group and class.
        classes: how many of `actions.CLASSES`, from the first.
        frames: frames per clip, at `actions.FPS` frames per second.
        size: height and width in pixels, a multiple of 32.
        seed: seed of everything.
        labelled_groups: training groups whose clips `labelled.txt` lists.
        style: difficulty.

    Raises:
        ConfigError: a setting is out of range.
    """

    train_groups: int = 20
    test_groups: int = 16
    clips: int = 3
    classes: int = len(CLASSES)
    frames: int = 24
    size: int = 64
    seed: int = 0
    labelled_groups: int = 2
    style: PuppetStyle = DEFAULT_STYLE

    def __post_init__(self) -> None:
        limits = {"train_groups": (1, 98), "test_groups": (1, 98), "clips": (1, 99), "classes": (2, len(CLASSES)), "frames": (2, 10_000)}
        limits |= {"size": (32, 1024), "labelled_groups": (0, self.train_groups)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"puppet world: {name} = {getattr(self, name)}, accepted are {low} to {high}")
        if self.train_groups + self.test_groups > 99:
            raise ConfigError(
                f"puppet world: {self.train_groups} + {self.test_groups} groups, accepted are 99 in all (file names have two digits)"
            )
        if self.size % 32:
            raise ConfigError(f"puppet world: size = {self.size}, accepted are multiples of 32 (decord cannot read others reliably)")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in the order of the labels."""
        return CLASSES[: self.classes]

    def scripts(self, split: str) -> list[ClipScript]:
        """Return the clips of 'train', 'test' or 'labelled', class by class as in the official lists.

        Raises:
            KeyError: no such split.
        """
        first = self.test_groups + 1
        groups = {
            "test": range(1, first),
            "train": range(first, first + self.train_groups),
            "labelled": range(first, first + self.labelled_groups),
        }[split]
        return [ClipScript(*key) for key in itertools.product(self.class_names, groups, range(1, self.clips + 1))]

    def settings(self) -> dict:
        """Return everything the files depend on, as JSON gives it back."""
        return json.loads(json.dumps({"generator": GENERATOR_VERSION, **asdict(self), "fps": FPS}))
