"""The stories as annotation tables: EPIC-KITCHENS-55's own files, and the split of antoninofurnari/rulstm."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mmxkd.datasets.puppet.actions import FPS
from mmxkd.datasets.puppet.long.grammar import STEPS, Step
from mmxkd.datasets.puppet.long.story import Segment, Story
from mmxkd.datasets.puppet.long.vocabulary import NOUNS, VERB_NAMES, noun_word, verb_forms, verb_words
from mmxkd.seeding import make_rng

VERB_IDS: dict[str, int] = {verb: index for index, verb in enumerate(VERB_NAMES)}
NOUN_IDS: dict[str, int] = {noun: index for index, noun in enumerate(NOUNS)}
#: RULSTM's rule: the distinct texts "<verb id>_<noun id>" in the order of their characters.
ACTION_IDS: dict[Step, int] = {
    step: index for index, step in enumerate(sorted(STEPS, key=lambda step: f"{VERB_IDS[step.verb]}_{NOUN_IDS[step.noun]}"))
}

_RULSTM_FPS = 30
_OTHER_WORDS = 0.2


class _Row(NamedTuple):
    uid: int
    story: Story
    segment: Segment


def render_epic_tables(stories: Sequence[Story], seed: int) -> dict[str, str]:
    """Return the tables by file name; uids rise with the videos' names and with time inside a video."""
    ordered = sorted(stories, key=lambda story: story.video_id)
    segments = [(story, segment) for story in ordered for segment in story.segments]
    rows = [_Row(uid, *pair) for uid, pair in enumerate(segments)]
    tables = {
        "EPIC_train_action_labels.csv": _labels(rows, seed),
        "EPIC_verb_classes.csv": _csv(("verb_id", "class_key", "verbs"), ((VERB_IDS[v], v, list(verb_forms(v))) for v in VERB_NAMES)),
        "EPIC_noun_classes.csv": _csv(
            ("noun_id", "class_key", "nouns"), ((NOUN_IDS[noun], noun, [noun, noun_word(noun, True)]) for noun in NOUNS)
        ),
        "EPIC_video_info.csv": _csv(
            ("video", "resolution", "duration", "fps"),
            ((story.video_id, "64x64", round(story.seconds * FPS) / FPS, float(FPS)) for story in ordered),
        ),
        "actions.csv": "id,action,verb,noun\n"
        + "".join(
            f"{number}, {step.verb}_{step.noun},{VERB_IDS[step.verb]},{NOUN_IDS[step.noun]}\n" for step, number in ACTION_IDS.items()
        ),
    }
    for split, name in (("train", "training"), ("val", "validation")):
        tables[f"{name}.csv"] = "".join(_rulstm(row) + "\n" for row in rows if row.story.split == split)
        tables[f"{name}_videos.csv"] = "".join(f"{story.video_id}\n" for story in ordered if story.split == split)
    return tables | _many_shot([row.segment for row in rows if row.story.split == "train"])


def _labels(rows: Iterable[_Row], seed: int) -> str:
    header = "uid,participant_id,video_id,narration,start_timestamp,stop_timestamp,start_frame,stop_frame,verb,verb_class,noun,noun_class"
    lines = []
    for uid, story, segment in rows:
        rng = make_rng("puppet-long", seed, "words", story.video_id, f"{segment.start:.2f}")
        verb = verb_forms(segment.verb)[int(rng.uniform() < _OTHER_WORDS)]
        noun = noun_word(segment.noun, rng.uniform() < _OTHER_WORDS)
        narration = f"{verb_words(segment.verb, verb != segment.verb)} {story.colours[segment.noun]} {noun}"
        frames = [_frame(seconds, FPS) for seconds in (segment.start, segment.stop)]
        times = [_timestamp(seconds) for seconds in (segment.start, segment.stop)]
        noun_id = NOUN_IDS[segment.noun]
        words = [verb, VERB_IDS[segment.verb], noun, noun_id, [noun], [noun_id]]
        lines.append([uid, story.video_id.split("_")[0], story.video_id, narration, *times, *frames, *words])
    return _csv((*header.split(","), "all_nouns", "all_noun_classes"), lines)


def _rulstm(row: _Row) -> str:
    uid, story, segment = row
    action = ACTION_IDS[Step(segment.verb, segment.noun)]
    start, stop = (_frame(seconds, _RULSTM_FPS) for seconds in (segment.start, segment.stop))
    verb, noun = VERB_IDS[segment.verb], NOUN_IDS[segment.noun]
    return f"{uid:05d}, {story.video_id}, {start:010d}, {stop:010d}, {verb:03d}, {noun:03d}, {action:04d}"


def _many_shot(segments: Sequence[Segment]) -> dict[str, str]:
    """Return the many-shot lists: classes with more than half the mean number of training segments; actions need both."""
    verbs, nouns = _frequent([segment.verb for segment in segments]), _frequent([segment.noun for segment in segments])
    seen = dict.fromkeys(Step(segment.verb, segment.noun) for segment in segments)
    actions = [step for step in seen if step.verb in verbs and step.noun in nouns]
    return {
        "EPIC_many_shot_verbs.csv": _csv(("verb_class", "verb"), ((VERB_IDS[verb], verb) for verb in verbs)),
        "EPIC_many_shot_nouns.csv": _csv(("noun_class", "noun"), ((NOUN_IDS[noun], noun) for noun in nouns)),
        "EPIC_many_shot_actions.csv": _csv(
            ("action_class", "noun", "noun_class", "verb", "verb_class"),
            (((VERB_IDS[v], NOUN_IDS[n]), n, NOUN_IDS[n], v, VERB_IDS[v]) for v, n in actions),
        ),
    }


def _frequent(values: Sequence[str]) -> list[str]:
    counts = Counter(values)
    return [value for value, count in counts.most_common() if count > len(values) / len(counts) / 2]


def _frame(seconds: float, fps: int) -> int:
    # Times have two decimals, so the nudge only mends what binary fractions lose.
    return math.floor(seconds * fps + 1e-6)


def _timestamp(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{rest:05.2f}"


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
