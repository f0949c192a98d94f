"""The puppet demo: one teacher, students alone and distilled over several seeds, one table."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmxkd.apis.configs import load_config
from mmxkd.apis.experiments import Job, JobGrid, measure_row
from mmxkd.apis.tables import draw_table, format_table, paired_difference
from mmxkd.apis.visualize import visualize_modulators
from mmxkd.datasets.puppet.ucf_layout import write_world
from mmxkd.datasets.puppet.world import PuppetWorld

#: Row -> config, what it is trained on; the rows behind the teacher are trained once per seed.
ROWS = {
    "teacher": ("configs/puppet/dvfl_teacher.py", "720 labelled clips"),
    "student": ("configs/puppet/dvfl_student.py", "72 labelled clips"),
    "distilled": ("configs/puppet/dvfl_kd.py", "72 labelled clips + teacher"),
    "distilled_unlabelled": ("configs/puppet/dvfl_kd_unlabelled.py", "72 labelled, 648 unlabelled + teacher"),
}
_DATA = Path("data/puppet")


def run_demo(
    work_dir: Path,
    tools: Path,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int = 2,
    resume: bool = False,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Generate the puppet clips, train and test every row, and write ``results.json``, ``results.png`` and modulator maps.

    Args:
        work_dir: where everything goes but the clips.
        tools: folder of the command lines.
        seeds: of the students; the teacher is trained with the first.
        workers: runs at a time.
        resume: continue an interrupted demo.
        say: told what is going on.

    Returns:
        What ``results.json`` holds.
    """
    seconds: dict[str, float] = {}
    start = time.monotonic()
    say("1/4 puppet clips")
    write_world(PuppetWorld(), _DATA, workers=workers)
    seconds["data"] = round(time.monotonic() - start, 1)

    say(f"2/4 one teacher, {len(seeds)} seeds of three students; logs in {work_dir}/<run>/log.txt")
    grid = JobGrid(demo_jobs(work_dir, seeds), work_dir, tools, workers, resume)
    begun = time.monotonic()
    predictions = grid.run()
    seconds.update(grid.seconds, runs=round(time.monotonic() - begun, 1))

    say("3/4 cost of each model")
    rows = {
        name: measure_row(config, [path for job, path in predictions.items() if job.rpartition("_s")[0] == name], sees)
        for name, (config, sees) in ROWS.items()
    }
    differences = {f"{name} - student": paired_difference(rows[name], rows["student"], "top1") for name in list(ROWS)[2:]}
    result = {"seeds": list(seeds), "seconds": seconds, **rows, "differences": differences}

    say("4/4 pictures")
    draw_table(rows, "top1", "DVFL-Net on the puppet world: students that saw 72 labels", work_dir / "results.png")
    for name in ("teacher", "distilled"):
        config = load_config(ROWS[name][0])
        checkpoint = work_dir / f"{name}_s{seeds[0]}" / f"epoch_{config.train_cfg.max_epochs}.pth"
        video = _DATA / "videos/WalkForward/v_WalkForward_g01_c01.mp4"
        visualize_modulators(ROWS[name][0], checkpoint, video, work_dir / f"modulators_{name}")
    seconds["total"] = round(time.monotonic() - start, 1)
    (work_dir / "results.json").write_text(json.dumps(result, indent=1))
    say(format_table(rows, "top1"))
    for name, value in differences.items():
        pairs = ", ".join(f"{100 * one:+.1f}" for one in value["per_seed"])
        say(f"{name}: {100 * value['mean']:+.1f} points top-1 on the mean ({pairs})")
    say(f"{seconds['total']:.0f} s; {work_dir}/results.json, results.png, modulators_*/")
    return result


def demo_jobs(work_dir: Path, seeds: Sequence[int]) -> list[Job]:
    """Return the runs in order of preference: teacher, distilled students, and those that need no teacher beside and behind the others."""
    teacher = f"teacher_s{seeds[0]}"
    epochs = load_config(ROWS["teacher"][0]).train_cfg.max_epochs
    checkpoint = str(work_dir / teacher / f"epoch_{epochs}.pth")
    jobs = [Job(teacher, ROWS["teacher"][0], {"randomness.seed": seeds[0]})]
    for row in sorted(list(ROWS)[1:], key=lambda row: row == "student"):
        needs_teacher = row != "student"
        extra = {"model.teacher.checkpoint": checkpoint} if needs_teacher else {}
        after = teacher if needs_teacher else None
        jobs += [Job(f"{row}_s{seed}", ROWS[row][0], {"randomness.seed": seed, **extra}, after) for seed in seeds]
    return jobs
