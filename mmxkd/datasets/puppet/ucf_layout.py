"""A puppet world on disk, in the layout of UCF101, so that the loaders of the real data set read it."""

import itertools
import multiprocessing
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
from tqdm import tqdm

from mmxkd.datasets.puppet.actions import FPS
from mmxkd.datasets.puppet.clip import ClipScript, generate_clip
from mmxkd.datasets.puppet.record import RECORD, check_record, write_record
from mmxkd.datasets.puppet.world import PuppetWorld
from mmxkd.datasets.puppet.writer import write_video


def write_world(world: PuppetWorld, out: Path, workers: int = 2, force: bool = False) -> bool:
    """Write ``world`` below ``out``; what an interrupted call left is completed, what is complete stays untouched.

    Files: `videos/<Class>/v_<Class>_gXX_cYY.mp4`; `splits/classInd.txt`, `trainlist01.txt`, `testlist01.txt` as UCF101 publishes
    them (labels from 1, lines end in CRLF, no labels in the test list); `splits/labelled.txt` with `path label` lines, labels from 0;
    `puppet.json` with the settings, the libraries that drew and the encoder.

    Args:
        world: settings.
        out: folder, made when absent.
        workers: processes; the files do not depend on their number.
        force: replace a world of other settings, or make the same one anew.

    Returns:
        False when the complete world was already there.

    Raises:
        DataError: ``out`` holds a world of other settings (and not ``force``), or videos that are no puppet world's.
    """
    is_complete = check_record(out, world, force)
    if force and (out / RECORD).exists():
        # The record goes last: a folder without one is never emptied.
        for folder in ("videos", "splits"):
            if (out / folder).exists():
                shutil.rmtree(out / folder)
        (out / RECORD).unlink()
    scripts = world.scripts("train") + world.scripts("test")
    missing = [script for script in scripts if not (out / "videos" / script.path).is_file()]
    lists = _render_lists(world)
    if is_complete and not force and not missing and all((out / "splits" / name).is_file() for name in lists):
        return False
    write_record(out, world, complete=False)
    for name in world.class_names:
        (out / "videos" / name).mkdir(parents=True, exist_ok=True)
    _write_clips(world, out / "videos", missing, workers)
    (out / "splits").mkdir(exist_ok=True)
    for name, content in lists.items():
        (out / "splits" / name).write_bytes(content)
    write_record(out, world, complete=True)
    return True


def _write_clips(world: PuppetWorld, folder: Path, scripts: list[ClipScript], workers: int) -> None:
    with parallel_map(workers, len(scripts)) as map_:
        done = map_(_write_clip, itertools.repeat(world), itertools.repeat(folder), scripts)
        for _ in tqdm(done, total=len(scripts), desc="puppet clips", unit="clip"):
            pass


def _write_clip(world: PuppetWorld, folder: Path, script: ClipScript) -> None:
    frames = generate_clip(script, world.seed, world.frames, world.size, world.style)
    write_video(folder / script.path, frames, FPS)


@contextmanager
def parallel_map(workers: int, tasks: int, chunk: int = 8) -> Iterator:
    """Give a lazy ``map`` over ``workers`` processes; spawned, because forking after OpenCV or torch have started threads can hang."""
    if workers <= 1 or tasks < 2 * workers:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield lambda function, *arguments: pool.map(function, *arguments, chunksize=chunk)


def _render_lists(world: PuppetWorld) -> dict[str, bytes]:
    """Return the contents of the files in `splits/`, by name."""
    label = {name: index for index, name in enumerate(world.class_names)}
    return {
        "classInd.txt": _join((f"{index + 1} {name}" for name, index in label.items()), "\r\n"),
        "trainlist01.txt": _join((f"{s.path} {label[s.action] + 1}" for s in world.scripts("train")), "\r\n"),
        "testlist01.txt": _join((s.path for s in world.scripts("test")), "\r\n"),
        "labelled.txt": _join((f"{s.path} {label[s.action]}" for s in world.scripts("labelled")), "\n"),
    }


def _join(lines: Iterable[str], end: str) -> bytes:
    return "".join(line + end for line in lines).encode()
