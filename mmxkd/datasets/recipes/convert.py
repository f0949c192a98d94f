"""From recipes to a corpus: one line of action text per recipe."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmxkd.datasets.recipes.actions import RecipeAction, recipe_text
from mmxkd.datasets.recipes.frames import FrameExtractor, read_frames
from mmxkd.datasets.recipes.imperative import ImperativeExtractor
from mmxkd.datasets.recipes.reader import Recipe, read_recipes
from mmxkd.datasets.recipes.spacy_adapter import SpacyExtractor
from mmxkd.errors import ConfigError

Extractor = Callable[[Any], list[RecipeAction]]
"""What finds the actions of one sentence: of its text or, for ``frames``, of what somebody has extracted from it."""

EXTRACTORS = ("rules", "frames", "spacy")


@dataclass
class CorpusReport:
    """What became of the recipes; those without any action give no line."""

    recipes: int = 0
    lines: int = 0
    sentences: int = 0
    silent_sentences: int = 0
    actions: int = 0

    def __str__(self) -> str:
        return (
            f"{self.lines} lines of {self.recipes} recipes ({self.recipes - self.lines} without any action left out), "
            f"{self.actions} actions; "
            f"{self.silent_sentences} of {self.sentences} sentences gave none"
        )


def build_extractor(name: str, published: bool = False, model: str = "en_core_web_sm") -> Extractor:
    """Return the extractor of that name (one of ``EXTRACTORS``).

    Args:
        name: ``'rules'``: no weights. ``'frames'``: BIO frames extracted elsewhere. ``'spacy'``: dependency parses.
        published: with the faults of the release; only ``'frames'`` has them.
        model: spaCy's.

    Raises:
        ConfigError: unknown name, or ``published`` of another.
    """
    if name not in EXTRACTORS:
        raise ConfigError(f"extractor {name!r}; accepted: {', '.join(EXTRACTORS)}")
    if published and name != "frames":
        raise ConfigError(f"published rules are those of extractor 'frames', not of {name!r}")
    if name == "frames":
        return FrameExtractor(published)
    return ImperativeExtractor() if name == "rules" else SpacyExtractor(model)


def open_recipes(path: str | Path, extractor: str) -> Iterable[Recipe]:
    """Return the recipes of a file as the extractor wants them: frames for ``'frames'``, else sentences."""
    return read_frames(path) if extractor == "frames" else read_recipes(path)


def write_corpus(recipes: Iterable[Recipe], extract: Extractor, out: str | Path) -> CorpusReport:
    """Write one line per recipe, in their order; the file is there whole or not at all."""
    report = CorpusReport()
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        for recipe in recipes:
            sentences = [extract(sentence.strip() if isinstance(sentence, str) else sentence) for sentence in recipe.sentences]
            report.recipes += 1
            report.sentences += len(sentences)
            report.silent_sentences += sum(not actions for actions in sentences)
            report.actions += sum(map(len, sentences))
            if any(sentences):
                report.lines += 1
                file.write(f"{recipe_text(sentences)}\n")
    os.replace(temporary, target)
    return report
