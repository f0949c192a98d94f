"""Several training runs side by side, each followed by its test: what the demo and the ablation are made of."""

import json
import multiprocessing
import os
import re
import runpy
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from mmxkd.apis.complexity import config_costs
from mmxkd.apis.configs import find_student, load_config
from mmxkd.apis.tables import Row, summarize
from mmxkd.errors import UserError
from mmxkd.evaluation.recognition import mean_class_accuracy, topk_accuracy

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
#: Imported once and inherited by every run: some seconds each that a run does not spend.
_IMPORTED = [
    *(f"mmxkd.{name}" for name in ("apis.train", "apis.test", "models", "distill", "datasets", "evaluation", "engine")),
    "mmaction.datasets",
    "matplotlib.pyplot",
    "torch.utils.tensorboard",
    "transformers.models.bert.modeling_bert",
]
#: Held while the environment is another; grids may run side by side.
_ENVIRONMENT = Lock()
_CPU_SECONDS = "cpu_seconds.txt"
_PROGRESS = re.compile(r"Epoch\(train\)\s+\[(\d+)\]\[\s*(\d+)/(\d+)\]")


class JobFailedError(UserError):
    """A run of the grid ended with an error; the message names its log."""


@dataclass(frozen=True)
class Job:
    """One training run and its test.

    Attributes:
        name: its folder below the grid's work folder.
        config: config file.
        options: dotted config key -> value.
        after: name of a job that must have ended, e.g. the teacher's.
    """

    name: str
    config: str
    options: Mapping[str, Any] = field(default_factory=dict)
    after: str | None = None


def job_name(row: str, seed: int) -> str:
    """Return the name of the run of a row of a table with a seed: a folder's name."""
    return f"{re.sub('[^a-z0-9.]+', '-', row.lower()).strip('-')}_s{seed}"


class _Run:
    """A job under way: a process that runs its commands one after the other, their output in one log."""

    def __init__(self, job: Job, commands: list[list[str]], log: Path, epochs: int) -> None:
        self.job, self.path, self.epochs = job, log, epochs
        log.write_text("")
        self.started = time.monotonic()
        self.process: BaseProcess = _warm_context().Process(target=_run_scripts, args=(commands, log))
        self.process.start()

    def fraction(self) -> float:
        """Return how much of the training is done, 0..1, as its log says."""
        found = _PROGRESS.findall(self.path.read_text())
        if not found:
            return 0.0
        epoch, step, steps = map(int, found[-1])
        return min((epoch - 1 + step / steps) / self.epochs, 1.0)


class JobGrid:
    """Run jobs with the public command lines, ``workers`` at a time and one thread each.

    Args:
        jobs: in order of preference.
        work_dir: ``<work_dir>/<job>/`` holds a job's checkpoints, ``log.txt`` and ``predictions.npz``.
        tools: folder of ``train.py`` and ``test.py``.
        workers: processes at a time.
        resume: continue what an interrupted grid left, instead of training anew.

    Attributes:
        seconds: job -> wall time, 0 for what an earlier grid finished.
        cpu_seconds: CPU time of all processes.
    """

    def __init__(self, jobs: Sequence[Job], work_dir: Path, tools: Path, workers: int = 2, resume: bool = False) -> None:
        self.jobs, self.work_dir, self.tools, self.workers, self.resume = list(jobs), work_dir, tools, workers, resume
        self.seconds: dict[str, float] = {}
        self.cpu_seconds = 0.0

    def run(self) -> dict[str, Path]:
        """Run everything; return job name -> its predictions (see ``RecognitionMetric``).

        Raises:
            JobFailedError: a job ended with an error; the others are stopped.
        """
        self.seconds.update({job.name: 0.0 for job in self.jobs if self.resume and self._is_done(job)})
        waiting = [job for job in self.jobs if job.name not in self.seconds]
        running: list[_Run] = []
        layout = "{l_bar}{bar}| {n:.1f}/{total} runs [{elapsed}<{remaining}] {postfix}"
        # A log gets a line a minute, a terminal a moving bar.
        every = 0.1 if sys.stderr.isatty() else 60.0
        with tqdm(total=len(self.jobs), bar_format=layout, mininterval=every, miniters=0) as bar:
            try:
                while waiting or running:
                    while len(running) < self.workers and (job := self._next(waiting)) is not None:
                        waiting.remove(job)
                        running.append(self._start(job, last=not waiting))
                    time.sleep(0.5)
                    for run in [run for run in running if not run.process.is_alive()]:
                        running.remove(run)
                        self._finish(run)
                    bar.n = round(len(self.seconds) + sum(run.fraction() for run in running), 2)
                    bar.set_postfix_str(", ".join(run.job.name for run in running), refresh=False)
                    bar.update(0)
            finally:
                for run in running:
                    run.process.kill()
        return {job.name: self.predictions(job.name) for job in self.jobs}

    def folder(self, name: str) -> Path:
        """Return the work folder of a job."""
        return self.work_dir / name

    def predictions(self, name: str) -> Path:
        """Return the file a job's test writes."""
        return self.folder(name) / "predictions.npz"

    def _next(self, waiting: list[Job]) -> Job | None:
        return next((job for job in waiting if job.after is None or job.after in self.seconds), None)

    def _start(self, job: Job, last: bool) -> _Run:
        folder = self.folder(job.name)
        folder.mkdir(parents=True, exist_ok=True)
        config = load_config(job.config, job.options)
        epochs = config.train_cfg.max_epochs
        options = [f"{key}={value}" for key, value in job.options.items()]
        shared = ["--cfg-options", *options] if options else []
        # The test that follows says what a validation at the end would.
        train = [str(self.tools / "train.py"), job.config, "--work-dir", str(folder)]
        train += ["--cfg-options", *options, f"train_cfg.val_begin={epochs + 1}"]
        if last and self.workers > 1 and not config.train_dataloader.get("num_workers"):
            # Nothing is started beside it any more: a core becomes free to load its data, which are the same with any number of workers.
            train += ["train_dataloader.num_workers=1", "train_dataloader.persistent_workers=True"]
        test = [str(self.tools / "test.py"), job.config, str(folder / f"epoch_{epochs}.pth"), *shared]
        test += ["--work-dir", str(folder / "test"), "--dump", str(self.predictions(job.name))]
        return _Run(job, [train + ["--resume"] * self.resume, test], folder / "log.txt", epochs)

    def _finish(self, run: _Run) -> None:
        if run.process.exitcode:
            errors = [line for line in run.path.read_text().splitlines() if "rror" in line]
            raise JobFailedError(f"run {run.job.name!r} failed, see {run.path}" + (f": {errors[-1]}" if errors else ""))
        self.seconds[run.job.name] = round(time.monotonic() - run.started, 1)
        self.cpu_seconds += float(run.path.with_name(_CPU_SECONDS).read_text())
        self._note(run.job.name).write_text(_identity(run.job))

    def _note(self, name: str) -> Path:
        return self.folder(name) / "finished.json"

    def _is_done(self, job: Job) -> bool:
        """Whether an earlier grid finished this very job, and the one it builds on: a changed teacher has its students trained anew."""
        before = [self._is_done(other) for other in self.jobs if other.name == job.after]
        note = self._note(job.name)
        return all(before) and note.exists() and note.read_text() == _identity(job) and self.predictions(job.name).exists()


def _warm_context() -> ForkServerContext:
    """Return what starts processes that have the libraries imported, with one thread each."""
    context = multiprocessing.get_context("forkserver")
    with _ENVIRONMENT:
        context.set_forkserver_preload(_IMPORTED)
        former = dict(os.environ)
        os.environ.update(_ONE_THREAD)
        try:
            forkserver.ensure_running()
        finally:
            os.environ.clear()
            os.environ.update(former)
    return context


def _run_scripts(commands: list[list[str]], log: Path) -> None:
    """Be ``python command`` for one after the other, with the output in ``log``."""
    os.environ.update(_ONE_THREAD)
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for command in commands:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
    log.with_name(_CPU_SECONDS).write_text(f"{sum(os.times()[:4]):.1f}\n")


def _identity(job: Job) -> str:
    return json.dumps({"config": job.config, "options": job.options}, sort_keys=True, default=str)


def read_predictions(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return (scores (N, K), labels (N,)) of a dump."""
    with np.load(path, allow_pickle=False) as dump:
        return dump["pred_score"], dump["gt_label"]


def measure_row(config: str, dumps: Sequence[Path], sees: str, options: Mapping[str, Any] | None = None) -> Row:
    """Measure a row of a results table.

    Args:
        config: config of the row; of a distillation config the student counts.
        dumps: predictions, one file per seed.
        sees: what the row was trained on, in words.
        options: over the config.

    Returns:
        ``top1``, ``top5``, ``mean_class`` (fractions, see ``summarize``), ``params``, ``gmacs``, ``ms_per_clip`` (median of one
        clip on one CPU thread) and ``sees``.
    """
    torch.set_num_threads(1)
    cost = config_costs(find_student(load_config(config, options)), latency_runs=30)["model"]
    scored = [read_predictions(path) for path in dumps]
    return {
        "top1": summarize([topk_accuracy(scores, labels, 1) for scores, labels in scored]),
        "top5": summarize([topk_accuracy(scores, labels, 5) for scores, labels in scored]),
        "mean_class": summarize([mean_class_accuracy(scores, labels) for scores, labels in scored]),
        "params": cost.params,
        "gmacs": round(cost.gmacs, 4),
        "ms_per_clip": round(cost.latency_ms or 0.0, 2),
        "sees": sees,
    }
