"""What demos share: stages with their times, command lines run once, the data of the long puppet videos, results."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmxkd.apis.configs import load_config
from mmxkd.apis.experiments import Job, JobFailedError, JobGrid
from mmxkd.apis.tables import Row, draw_table, format_table, paired_difference
from mmxkd.datasets.puppet.long.layout import write_long_world
from mmxkd.datasets.puppet.long.world import LongWorld

#: Where the long puppet videos and what is made of them lie, for every demo; configs name the same folders.
LONG_DATA = Path("data/puppet_long")
LONG_BACKBONE = "configs/puppet/long_backbone.py"


class Demo:
    """A run of a demo: stages one after the other, command lines, grids of runs, and the files at the end.

    Args:
        work_dir: where everything goes that is the demo's own.
        tools: folder of the command lines.
        seeds: of the students.
        workers: runs at a time, one thread each.
        resume: continue an interrupted demo.
        say: told what is going on.

    Attributes:
        seconds: stage or run -> wall time.
        cpu_seconds: stage -> CPU time of this process and of those it started.
    """

    def __init__(
        self,
        work_dir: Path,
        tools: Path,
        seeds: Sequence[int] = (0, 1, 2),
        workers: int = 2,
        resume: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:
        self.work_dir, self.tools, self.seeds = work_dir, tools, list(seeds)
        self.workers, self.resume, self.say = workers, resume, say
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self._cpu_of_runs = 0.0
        self._begun = time.monotonic()

    @contextmanager
    def stage(self, name: str, what: str) -> Iterator[None]:
        """Say what the stage does, and keep its times under ``name``."""
        self.say(f"{name}: {what}")
        wall, cpu = time.monotonic(), sum(os.times()[:4]) + self._cpu_of_runs
        yield
        self.seconds[name] = round(time.monotonic() - wall, 1)
        self.cpu_seconds[name] = round(sum(os.times()[:4]) + self._cpu_of_runs - cpu, 1)

    def call(self, tool: str, *arguments: object, threads: int = 1) -> None:
        """Run ``python tools/<tool> arguments`` with ``threads`` threads; its output goes to ``<work_dir>/tools.txt``.

        Raises:
            JobFailedError: it ended with an error; the message names the log.
        """
        self.work_dir.mkdir(parents=True, exist_ok=True)
        log = self.work_dir / "tools.txt"
        command = [sys.executable, str(self.tools / tool), *map(str, arguments)]
        with log.open("a") as file:
            file.write(f"$ {' '.join(command)}\n")
            file.flush()
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
            code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env=environment, check=False).returncode
        if code:
            raise JobFailedError(f"{tool} failed, see {log}: {log.read_text().splitlines()[-1]}")

    def train(self, jobs: Sequence[Job]) -> dict[str, Path]:
        """Train and test the jobs; return job -> its predictions."""
        return self.run_grid(jobs, self.work_dir)

    def run_grid(self, jobs: Sequence[Job], folder: Path) -> dict[str, Path]:
        """Train and test jobs below any folder; return job -> its predictions."""
        grid = JobGrid(jobs, folder, self.tools, self.workers, self.resume)
        predictions = grid.run()
        self.seconds.update(grid.seconds)
        self._cpu_of_runs += grid.cpu_seconds
        return predictions

    def checkpoint(self, job: str, config: str) -> Path:
        """Return the last checkpoint of a job."""
        return self.work_dir / job / f"epoch_{load_config(config).train_cfg.max_epochs}.pth"

    def finish(self, rows: Mapping[str, Row], title: str, metric: str = "top1", pairs: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """Write ``results.json`` and ``results.png``, print the table, and return what the file holds.

        Rows are compared seed by seed: the ``pairs`` (row, baseline), by default every row named ``distilled*`` with ``student``.
        """
        pairs = pairs or [(name, "student") for name in rows if name.startswith("distilled")]
        differences = {f"{name} - {baseline}": paired_difference(rows[name], rows[baseline], metric) for name, baseline in pairs}
        draw_table(rows, metric, title, self.work_dir / "results.png")
        self.seconds["total"] = round(time.monotonic() - self._begun, 1)
        self.cpu_seconds["total"] = round(sum(self.cpu_seconds.values()), 1)
        result = {"seeds": self.seeds, "seconds": self.seconds, "cpu_seconds": self.cpu_seconds, **rows, "differences": differences}
        (self.work_dir / "results.json").write_text(json.dumps(result, indent=1))
        self.say(format_table(rows, metric))
        for name, value in differences.items():
            by_seed = ", ".join(f"{100 * one:+.1f}" for one in value["per_seed"])
            self.say(f"{name}: {100 * value['mean']:+.1f} points {metric} on the mean ({by_seed})")
        self.say(f"{self.seconds['total']:.0f} s; {self.work_dir}/results.json, results.png")
        return result


def long_videos(demo: Demo, world: LongWorld | None = None, folder: Path = LONG_DATA) -> None:
    """Write the long puppet videos, unless they are there."""
    with demo.stage("data", f"long puppet videos in {folder}"):
        write_long_world(world or LongWorld(), folder, workers=demo.workers)


def long_backbone(folder: Path = LONG_DATA) -> Path:
    """Return the folder of the backbone that all demos share."""
    return folder / "backbone"


def train_long_backbone(demo: Demo, folder: Path = LONG_DATA, config: str = LONG_BACKBONE) -> Path:
    """Train the backbone of the features, unless it is there; return its checkpoint."""
    epochs = load_config(config).train_cfg.max_epochs
    checkpoint = long_backbone(folder) / f"epoch_{epochs}.pth"
    with demo.stage("backbone", f"recognise actions ({config})"):
        if not checkpoint.is_file():
            # One run alone: the core beside it reads the videos.
            demo.run_grid([Job("backbone", config, {f"{split}_dataloader.num_workers": 1 for split in ("train", "test")})], folder)
    return checkpoint


def extract_long_features(
    demo: Demo, checkpoint: Path, preset: str = "rulstm", options: Sequence[str] = (), folder: Path = LONG_DATA, config: str = LONG_BACKBONE
) -> Path:
    """Extract features of all long videos into ``<folder>/<preset>``; those that are there stay. Return the store.

    Args:
        demo: the run.
        checkpoint: of the backbone.
        preset: of ``tools/data/extract_features.py``.
        options: further ones of that tool.
        folder: of the world.
        config: of the backbone.
    """
    store = folder / preset
    with demo.stage(f"features_{preset}", f"features of all videos in {store}"):
        arguments = [folder / "videos", "--preset", preset, *options, "--model", config, checkpoint, "--out", store]
        demo.call("data/extract_features.py", *arguments, threads=demo.workers)
    return store
