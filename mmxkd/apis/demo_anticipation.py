"""The anticipation demo: recipes teach a text teacher, the text teacher teaches students that see video, one table."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmxkd.apis.complexity import config_costs
from mmxkd.apis.configs import find_student, load_config
from mmxkd.apis.demo_common import LONG_DATA, Demo, extract_long_features, long_videos, train_long_backbone
from mmxkd.apis.experiments import Job
from mmxkd.apis.tables import Row, summarize
from mmxkd.datasets.anticipation import HistoryBuilder, build_table
from mmxkd.datasets.anticipation.text import action_texts
from mmxkd.datasets.readers import open_video
from mmxkd.evaluation.anticipation_metric import score_predictions
from mmxkd.visualization.foretelling import draw_foretelling

_CONFIGS = "configs/puppet/anticipation_{}.py"
#: Row -> config, what it learnt from. `distilled` is the published loss over all classes on the videos, steps and schedule of `student`.
ROWS = {
    "teacher_recipes": ("teacher_recipes", "recipes; reads past actions"),
    "teacher": ("teacher", "recipes, 25 videos; reads actions"),
    "student": ("student", "25 labelled videos"),
    "distilled": ("kd", "25 labelled videos + teacher"),
    "distilled_topk": ("kd_topk", "25 labelled videos + teacher's 10 best"),
    "distilled_unlabelled": ("kd_unlabelled", "25 labelled, 175 unlabelled videos + teacher"),
}
STUDENTS = ("student", "distilled", "distilled_topk", "distilled_unlabelled")
#: As the backbone was trained, and a tenth of RULSTM's frames.
FEATURES = ("--rate", "3", "--window", "1.33")
_METRICS = ("top1", "top5", "mean_class")
#: The teacher speaks about videos that nobody labelled, too.
_ALL_VIDEOS = ("--cfg-options", "train_dataloader.dataset.split=training")
_PICTURES = 4


def run_demo(demo: Demo) -> dict[str, Any]:
    """Make data and features, train and test every row, and write ``results.json``, ``results.png`` and pictures of what was foretold.

    Returns:
        What ``results.json`` holds.
    """
    long_videos(demo)
    with demo.stage("recipes", f"3,000 recipes become records in {LONG_DATA / 'recipes'}"):
        prepare_recipes(demo)
    store = demo.work_dir / "store"
    with ThreadPoolExecutor(1) as beside:
        # The text teacher reads no features, and neither of the two needs more than a core.
        teacher_runs = beside.submit(teach_teacher, demo, store)
        extract_long_features(demo, train_long_backbone(demo), "rulstm", FEATURES)
        predictions = teacher_runs.result()
    with demo.stage("student_runs", f"{len(demo.seeds)} seeds of {len(STUDENTS)} students; logs in {demo.work_dir}/<run>/log.txt"):
        predictions |= demo.train(student_jobs(store, demo.seeds))
    with demo.stage("pictures", f"costs, and what was foretold, in {demo.work_dir / 'foretold'}"):
        dumps = {name: [_read(predictions[job]) for job in predictions if job.rpartition("_s")[0] == name] for name in ROWS}
        rows = measure_rows(dumps)
        draw_examples({name: dumps[name][0] for name in ("teacher", "student", "distilled")}, demo.work_dir / "foretold")
    return demo.finish(rows, "Anticipation on long puppet videos, 25 of them annotated")


def prepare_recipes(demo: Demo) -> None:
    """Write the recipes' actions as text, and as records in the classes of the videos' annotation."""
    folder = LONG_DATA / "recipes"
    text = folder / "extracted.txt"
    demo.call("data/recipe_actions.py", folder / "layer1.json", "--out", text)
    classes = [f"{part}=EPIC_{part[:-1]}_classes.csv" for part in ("verbs", "nouns")]
    table = ["RulstmTable", LONG_DATA / "annotations", "--options", *classes]
    demo.call("data/build_histories.py", *table, "--recipes", text, "--out", folder / "records.jsonl")


def teach_teacher(demo: Demo, store: Path) -> dict[str, Path]:
    """Train the text teacher and write what it says about the training videos into ``store``; return run -> its predictions."""
    predictions = demo.train(teacher_jobs(demo.work_dir, demo.seeds[0]))
    if not store.is_dir():
        teacher = _CONFIGS.format("teacher")
        checkpoint = demo.checkpoint(_job("teacher", demo.seeds[0]), teacher)
        demo.call("teacher/dump.py", teacher, checkpoint, "--split", "train", "--out", store, *_ALL_VIDEOS)
    return predictions


def teacher_jobs(work_dir: Path, seed: int) -> list[Job]:
    """Return the two runs of the teacher; the second starts from the first."""
    first, second = (_CONFIGS.format(ROWS[name][0]) for name in ("teacher_recipes", "teacher"))
    epochs = load_config(first).train_cfg.max_epochs
    start = {"load_from": str(work_dir / _job("teacher_recipes", seed) / f"epoch_{epochs}.pth")}
    seeded = {"randomness.seed": seed}
    recipes = Job(_job("teacher_recipes", seed), first, seeded)
    return [recipes, Job(_job("teacher", seed), second, {**seeded, **start}, recipes.name)]


def student_jobs(store: Path, seeds: Sequence[int]) -> list[Job]:
    """Return the runs of the students, seed by seed; they differ in what the teacher says, and about which videos."""
    jobs = []
    for seed in seeds:
        for name in STUDENTS:
            extra = {} if name == "student" else {"model.teacher.store": str(store)}
            jobs.append(Job(_job(name, seed), _CONFIGS.format(ROWS[name][0]), {"randomness.seed": seed, **extra}))
    return jobs


def measure_rows(dumps: Mapping[str, Sequence[Mapping[str, np.ndarray]]]) -> dict[str, Row]:
    """Measure every row on the actions that all of them answer; a student has nothing to see before the first action of some videos.

    Args:
        dumps: row -> predictions of ``AnticipationMetric``, one per seed.

    Returns:
        Rows with ``top1``, ``top5``, ``mean_class`` (fractions, see ``summarize``), ``num_samples``, ``history`` (of the texts a teacher
        reads), ``params``, ``gmacs``, ``ms_per_clip`` (median of one sample on one CPU thread) and ``sees``.
    """
    shared = set.intersection(*({str(uid) for uid in dump["uid"]} for found in dumps.values() for dump in found))
    torch.set_num_threads(1)
    rows = {}
    for name, found in dumps.items():
        config = load_config(_CONFIGS.format(ROWS[name][0]))
        cost = config_costs(find_student(config), latency_runs=30)["model"]
        scores = [score_predictions(_restrict(dump, shared)) for dump in found]
        dataset = config.test_dataloader.dataset
        told = {"history": f"{dataset.history_rule}, history_gap={dataset.history_gap:g} s"} if "history_rule" in dataset else {}
        rows[name] = {
            **{metric: summarize([score[metric] for score in scores]) for metric in _METRICS},
            "num_samples": len(shared),
            **told,
            "tau_a": dataset.tau_a,
            "params": cost.params,
            "gmacs": round(cost.gmacs, 5),
            "ms_per_clip": round(cost.latency_ms or 0.0, 2),
            "sees": ROWS[name][1],
        }
    return rows


def draw_examples(dumps: Mapping[str, Mapping[str, np.ndarray]], folder: Path) -> None:
    """Draw what was seen, said and foretold before actions that spread over the validation videos.

    Args:
        dumps: model -> its predictions.
        folder: for the pictures.
    """
    dataset = load_config(_CONFIGS.format("student")).test_dataloader.dataset
    table = build_table(dataset.table).table
    texts, builder = action_texts(table.vocabulary, clean=True), HistoryBuilder(table.split("validation"), "ended", dataset.tau_a)
    scores = {name: dict(zip(map(str, dump["uid"]), dump["pred_score"], strict=True)) for name, dump in dumps.items()}
    known = [row for row in table.split("validation") if all(row.uid in found for found in scores.values()) and row.start > dataset.tau_o]
    for number in np.linspace(0, len(known) - 1, _PICTURES).astype(int):
        row = known[number]
        before = np.linspace(dataset.tau_o, dataset.tau_a, 8)
        video = open_video(str(LONG_DATA / "videos" / f"{row.video}.mp4"))
        pictures = list(video.get_batch(((row.start - before) * video.fps).astype(np.int64)))
        answers = {name: dict(zip(texts, found[row.uid].tolist(), strict=True)) for name, found in scores.items()}
        past = [texts[action] for action in builder(row, 5).histories[0]]
        draw_foretelling(folder / f"{row.video}_{row.uid}.png", pictures, before.tolist(), past, texts[row.action], answers)


def _job(row: str, seed: int) -> str:
    return f"{row}_s{seed}"


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as dump:
        return dict(dump)


def _restrict(dump: Mapping[str, np.ndarray], uids: set[str]) -> dict[str, np.ndarray]:
    """Return the predictions of the samples ``uids``."""
    chosen = np.array([str(uid) in uids for uid in dump["uid"]])
    per_sample = ("uid", "index", "gt_label", "gt_verb", "gt_noun", "pred_score")
    return {name: value[chosen] if name in per_sample else value for name, value in dump.items()}
