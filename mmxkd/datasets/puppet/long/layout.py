"""A world of long videos on disk, each part in the layout of the data set that its reader knows."""

import itertools
import shutil
from pathlib import Path

from tqdm import tqdm

from mmxkd.datasets.puppet.actions import FPS
from mmxkd.datasets.puppet.long.captions import render_captions, render_corpus
from mmxkd.datasets.puppet.long.epic_tables import render_epic_tables
from mmxkd.datasets.puppet.long.film import film_story
from mmxkd.datasets.puppet.long.pairs import render_probe, render_qnli
from mmxkd.datasets.puppet.long.questions import render_questions
from mmxkd.datasets.puppet.long.recipes import render_recipes
from mmxkd.datasets.puppet.long.story import Story, tell_stories
from mmxkd.datasets.puppet.long.world import LongWorld
from mmxkd.datasets.puppet.record import RECORD, check_record, write_record
from mmxkd.datasets.puppet.ucf_layout import parallel_map
from mmxkd.datasets.puppet.writer import write_video

FOLDERS = ("videos", "annotations", "recipes", "questions", "captions", "text", "probe", "glue")
"""What a world consists of, beside its record."""


def write_long_world(world: LongWorld, out: Path, workers: int = 2, force: bool = False) -> bool:
    """Write ``world`` below ``out``; what an interrupted call left is completed, what is complete stays untouched.

    Files: `videos/<video>.mp4`; `annotations/` (EPIC-KITCHENS-55 and RULSTM tables); `recipes/` (Recipe1M); `questions/` (Ego4D NLQ,
    EgoClip); `captions/` (HowTo100M as VidLanKD reads it); `text/`, `probe/`, `glue/QNLI/`; `puppet.json`.

    Args:
        world: settings.
        out: folder, made when absent.
        workers: processes; the files do not depend on their number.
        force: replace a world of other settings, or make the same one anew.

    Returns:
        False when the complete world was already there.

    Raises:
        DataError: ``out`` holds a world of other settings (and not ``force``), or folders that are no puppet world's.
    """
    is_complete = check_record(out, world, force, (*FOLDERS, "splits"))
    if force and (out / RECORD).exists():
        # The record goes last: a folder without one is never emptied.
        for folder in (*FOLDERS, "splits"):
            if (out / folder).exists():
                shutil.rmtree(out / folder)
        (out / RECORD).unlink()
    stories = tell_stories(world)
    missing = [story for story in stories if not _video(out, story).is_file()]
    files = render_files(world, stories)
    if is_complete and not force and not missing and all((out / name).is_file() for name in files):
        return False
    write_record(out, world, complete=False)
    (out / "videos").mkdir(exist_ok=True)
    with parallel_map(workers, len(missing), chunk=2) as map_:
        done = map_(_film, itertools.repeat(world), itertools.repeat(out), missing)
        for _ in tqdm(done, total=len(missing), desc="puppet videos", unit="video"):
            pass
    for name, content in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content.encode())
    write_record(out, world, complete=True)
    return True


def render_files(world: LongWorld, stories: list[Story]) -> dict[str, str]:
    """Return the text files of a world by their path below its folder."""
    parts = {
        "annotations": render_epic_tables(stories, world.seed),
        "recipes": render_recipes(world),
        "questions": render_questions(stories, world),
        "captions": render_captions(stories, world.seed),
        "text": render_corpus(world),
        "probe": render_probe(world),
        "glue/QNLI": render_qnli(world),
    }
    return {f"{folder}/{name}": content for folder, files in parts.items() for name, content in files.items()}


def _video(out: Path, story: Story) -> Path:
    return out / "videos" / f"{story.video_id}.mp4"


def _film(world: LongWorld, out: Path, story: Story) -> None:
    write_video(_video(out, story), film_story(story, world), FPS)
