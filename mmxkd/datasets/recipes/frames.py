"""Actions from verb frames somebody else has extracted (AllenNLP OpenIE or a semantic role labeller): the published rules."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmxkd.datasets.recipes.actions import RecipeAction
from mmxkd.datasets.recipes.reader import Recipe
from mmxkd.errors import DataError

STOP_VERBS = frozenset(
    ("is", "are", "will", "was", "be", "have", "has", "let", "using", "see", "tell", "may", "can", "could", "want", "got", "'s", "been")
    + ("must", "ll")
)
#: As released: a missing comma made one word of two, so that neither is stopped.
PUBLISHED_STOP_VERBS = STOP_VERBS - {"could", "want"} | {"couldwant"}


def find_spans(words: Sequence[str], tags: Sequence[str], role: str, keep_open: bool = True) -> list[str]:
    """Return the texts of the spans of one role, in order: from ``B-<role>`` over ``I-<role>`` to any other tag.

    Args:
        words: (L,) tokens.
        tags: (L,) BIO tags.
        role: ``'V'``, ``'ARG1'`` ...
        keep_open: keep a span that is still open at the last token. As published it is lost, which costs the object of every
            sentence without final punctuation.
    """
    spans: list[list[str]] = []
    is_open = False
    for word, tag in zip(words, tags, strict=True):
        if tag == f"B-{role}":
            spans.append([word])
            is_open = True
        elif tag == f"I-{role}" and is_open:
            spans[-1].append(word)
        else:
            is_open = False
    return [" ".join(span) for span in (spans[:-1] if is_open and not keep_open else spans)]


class FrameExtractor:
    """Turn the frames of a sentence into actions (sayontang/Action_Anticipation, recipe_json2actionseq.py).

    A frame's action is its first verb span and its first ARG1 span; frames that lack one, or whose verb is a stop verb, are dropped.
    Nothing is lemmatised and no stop words leave the object.

    Args:
        published: with the release's two faults: ``could`` and ``want`` are no stop verbs, and a span at a sentence's end is lost.
    """

    def __init__(self, published: bool = False) -> None:
        self.published = published
        self.stop_verbs = PUBLISHED_STOP_VERBS if published else STOP_VERBS

    def __call__(self, sentence: Mapping[str, Any]) -> list[RecipeAction]:
        """Return the actions of ``{"words": [...], "verbs": [{"tags": [...]}, ...]}``, frame by frame."""
        words = [word.lower() for word in sentence["words"]]
        actions = []
        for frame in sentence["verbs"]:
            verbs = find_spans(words, frame["tags"], "V", not self.published)
            objects = find_spans(words, frame["tags"], "ARG1", not self.published)
            if verbs and objects and verbs[0] not in self.stop_verbs:
                actions.append(RecipeAction(verbs[0], objects[0]))
        return actions


def read_frames(path: str | Path) -> Iterator[Recipe]:
    """Yield recipes whose sentences are frames, from json lines ``{"id": ..., "sentences": [{"words": ..., "verbs": ...}, ...]}``.

    Raises:
        DataError: the file cannot be read, or a line is no such object; tags and words must be equally many.
    """
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                    for sentence in row["sentences"]:
                        lengths = {len(sentence["words"]), *(len(frame["tags"]) for frame in sentence["verbs"])}
                        if len(lengths) > 1:
                            raise ValueError(f"words and tags of unequal number {sorted(lengths)}")
                    yield Recipe(str(row["id"]), row["sentences"])
                except (ValueError, KeyError, TypeError) as error:
                    raise DataError(f"{path}:{number}: no recipe of frames ({error!r})") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
