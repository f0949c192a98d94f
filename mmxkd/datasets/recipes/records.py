"""From the action text of recipes to records of a text teacher: what was done before and what comes next, in the classes of a table."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmxkd.datasets.anticipation.csv_files import locate, read_rows, whole
from mmxkd.datasets.anticipation.histories import HistoryRecord
from mmxkd.datasets.anticipation.segments import ActionVocabulary
from mmxkd.datasets.anticipation.sources import TableSource
from mmxkd.datasets.anticipation.text import ACTION_MARK, VERB_MARK
from mmxkd.datasets.label_map import LabelMap
from mmxkd.errors import ConfigError, DataError


@dataclass
class RecipeReport:
    """What became of the recipes; actions of no class of the table are left out of their recipe."""

    recipes: int = 0
    actions: int = 0
    unknown: int = 0
    records: int = 0

    def __str__(self) -> str:
        return f"{self.records} records of {self.recipes} recipes; {self.unknown} of {self.actions} actions are none of the table's"


def surface_forms(classes: LabelMap, table: Path | None = None) -> dict[tuple[str, ...], int]:
    """Return the words of every form of every class -> class.

    Args:
        classes: verbs or nouns.
        table: EPIC's class file, whose third column lists further forms (``"['take', 'pick-up']"``).

    Raises:
        DataError: a third column that is no list of names.
    """
    forms = {_words(name): label for label, name in enumerate(classes.classes)}
    if table is None:
        return forms
    for line, fields in list(read_rows(table, 3))[1:]:
        try:
            names = ast.literal_eval(fields[2])
            further = {_words(name): whole(fields[0], table, line, "class") for name in names}
        except (ValueError, SyntaxError, AttributeError, TypeError):
            raise DataError(f"{table}:{line}: {fields[2]!r}; accepted: a list of names, \"['take', 'pick-up']\"") from None
        forms = further | forms
    return forms


class ActionMatcher:
    """Finds the action class of a recipe's words.

    The verb must be a form of a verb class, or begin with one; of the object the longest form of a noun class counts, the last of equally
    long ones: ``('pick up', 'the red ball')`` is ``take_ball``.

    Args:
        vocabulary: the actions.
        verbs: see ``surface_forms``.
        nouns: see ``surface_forms``.
    """

    def __init__(self, vocabulary: ActionVocabulary, verbs: Mapping[tuple[str, ...], int], nouns: Mapping[tuple[str, ...], int]) -> None:
        self.verbs, self.nouns = verbs, nouns
        pairs = zip(vocabulary.action_verb.tolist(), vocabulary.action_noun.tolist(), strict=True)
        self.actions = {pair: action for action, pair in enumerate(pairs)}

    def __call__(self, verb: str, thing: str) -> int | None:
        """Return the action, ``None`` if it is none of the table's."""
        words, things = _words(verb), _words(thing)
        starts = (self.verbs.get(words[:size]) for size in range(len(words), 0, -1))
        verb_class = next((found for found in starts if found is not None), None)
        spans = [(stop - start, stop, things[start:stop]) for stop in range(len(things) + 1) for start in range(stop)]
        found = max((span for span in spans if span[2] in self.nouns), default=None)
        return None if verb_class is None or found is None else self.actions.get((verb_class, self.nouns[found[2]]))


def make_matcher(source: TableSource) -> ActionMatcher:
    """Return the matcher of a table: names of its classes and, where it names EPIC's class files, the forms they list."""
    vocabulary, files = source.table.vocabulary, source.files()
    tables = {part: locate(source.root, files[part]) if part in files else None for part in ("verbs", "nouns")}
    return ActionMatcher(vocabulary, surface_forms(vocabulary.verbs, tables["verbs"]), surface_forms(vocabulary.nouns, tables["nouns"]))


def recipe_records(lines: Iterable[str], match: ActionMatcher, skip: int = 0) -> tuple[list[HistoryRecord], RecipeReport]:
    """Return a record of every action of every recipe, ``uid`` = ``<line>-<place>``, and what became of the recipes.

    Args:
        lines: ``'take <v> the ball <a> raise <v> the ball'``, as ``tools/data/recipe_actions.py`` writes them.
        match: finds the classes.
        skip: how many actions right before the target the history leaves out: 1 for an action that is under way when the observation ends,
            ``tau_a`` before the target.

    Raises:
        ConfigError: ``skip`` below 0.
        DataError: nothing in the lines is an action of the table.
    """
    if skip < 0:
        raise ConfigError(f"skip={skip}; accepted: a number of actions from 0")
    report = RecipeReport()
    records: list[HistoryRecord] = []
    for number, line in enumerate(lines):
        found = [match(*_split(text)) for text in line.split(ACTION_MARK)]
        actions = [action for action in found if action is not None]
        report.recipes += 1
        report.actions += len(found)
        report.unknown += len(found) - len(actions)
        records += _records(number, actions, skip)
    report.records = len(records)
    if not records:
        raise DataError(f"{report.recipes} recipes with {report.actions} actions, none of which is one of the table's")
    return records, report


def _records(number: int, actions: Sequence[int], skip: int) -> Iterator[HistoryRecord]:
    for place, target in enumerate(actions):
        past = actions[: max(place - skip, 0)]
        history = tuple(action for before, action in zip((None, *past), past, strict=False) if action != before)
        yield HistoryRecord(f"{number}-{place}", f"recipe {number}", (history,), target, -1, -1, float(place))


def _split(text: str) -> tuple[str, str]:
    verb, _, thing = text.partition(VERB_MARK)
    return verb, thing


def _words(name: str) -> tuple[str, ...]:
    """Return a name's words; EPIC's ``board:chopping`` is a chopping board."""
    return tuple(" ".join(reversed(name.lower().split(":"))).replace("-", " ").replace("_", " ").split())
