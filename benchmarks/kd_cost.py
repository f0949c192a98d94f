"""What distilling costs: steps of the student alone, with its teacher online, and with the teacher's stored answers, on the same data.

Puppet clips go through the real loader, pipeline, preprocessor and optimizer; a step is loading a batch and training on it. The three
take turns in one process. It also trains online and from stores, step by step, and tells how far the losses are apart.

python -m benchmarks.kd_cost --json kd_cost.json
python -m benchmarks.kd_cost --quick
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import nn
from torch.utils.data import DataLoader

from benchmarks.common import RESULTS, ROOT, alternate, paired_ratio, peak_memory_mb, write_report
from mmxkd.apis.configs import load_config
from mmxkd.apis.teacher_store import dump_store
from mmxkd.apis.train import share_seed, use_autocast
from mmxkd.datasets.puppet.ucf_layout import write_world
from mmxkd.datasets.puppet.world import PuppetWorld
from mmxkd.distill.distiller import Distiller
from mmxkd.registry import DATA_SAMPLERS, DATASETS, MODELS

ONLINE, STORED = (str(ROOT / "configs/puppet" / name) for name in ("dvfl_kd.py", "dvfl_kd_stored.py"))
RUNS = ("plain", "online", "stored")
#: Store -> dtype, k.
STORES: dict[str, tuple[str, int | None]] = {"fp32": ("fp32", None), "fp16": ("fp16", None), "fp16, top 3": ("fp16", 3)}
#: What stored answers may add to the step of the student alone, and to the losses of a dense fp32 store.
BAR, LOSS_BAR = 1.05, 1e-5


def prepare_data(folder: Path, groups: int, epochs: int) -> dict[str, Any]:
    """Write clips, a teacher with random weights and its stores; return store -> rows, epochs and bytes."""
    write_world(PuppetWorld(train_groups=groups, test_groups=1, clips=2, frames=12, labelled_groups=1), folder / "puppet", workers=1)
    torch.manual_seed(0)
    teacher = MODELS.build(Config.fromfile(ONLINE).model.teacher.model)
    torch.save({"state_dict": teacher.state_dict(), "meta": {}}, folder / "teacher.pth")
    told = {}
    for name, (dtype, top_k) in STORES.items():
        out = folder / name
        meta = dump_store(ONLINE, str(folder / "teacher.pth"), out=out, epochs=epochs, dtype=dtype, top_k=top_k, options=_options(folder))
        told[name] = {"rows": meta.count, "epochs": epochs, "bytes": sum(file.stat().st_size for file in out.iterdir())}
    return told


def _options(folder: Path) -> dict[str, Any]:
    """Return what replaces config values: where the data lie, and a pipeline without mmaction2's parts where it is not installed."""
    pipeline = Config.fromfile(ONLINE).train_dataloader.dataset.pipeline
    kept = [step for step in pipeline if find_spec("mmaction") or not step["type"].startswith("mmaction.")]
    return {
        "model.teacher.gate.min_accuracy": 0.0,
        "train_dataloader.dataset.data_root": str(folder / "puppet"),
        "train_dataloader.dataset.ann_file": "splits/trainlist01.txt",
        "train_dataloader.dataset.labels_from": "folder",
        "train_dataloader.dataset.pipeline": kept,
        "train_dataloader.sampler.passes": 1,
    }


class Job:
    """One way of training: model, loader and optimizer as the config says.

    Args:
        run: one of ``RUNS``.
        folder: of ``prepare_data``.
        args: device, dtype, workers, epochs stored.
        store: which store ``stored`` reads.
    """

    def __init__(self, run: str, folder: Path, args: argparse.Namespace, store: str = "fp16") -> None:
        teacher = (
            {"model.teacher.store": str(folder / store)} if run == "stored" else {"model.teacher.checkpoint": str(folder / "teacher.pth")}
        )
        recur = {"train_dataloader.sampler.recur": args.epochs} if run == "stored" else {}
        cfg = load_config(STORED if run == "stored" else ONLINE, {**_options(folder), **teacher, **recur})
        share_seed(cfg)
        init_default_scope(cfg.default_scope)
        if args.dtype == "bf16":
            use_autocast(cfg)
        torch.manual_seed(0)
        distiller: Distiller = MODELS.build(cfg.model).to(args.device)
        if run != "plain":
            distiller.prepare_teacher(args.device)
        self.model: nn.Module = distiller.student if run == "plain" else distiller
        self.optimizer = build_optim_wrapper(self.model, cfg.optim_wrapper)
        self.epochs, self.steps = args.epochs, 0
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
        self.sampler = DATA_SAMPLERS.build(cfg.train_dataloader.sampler, default_args=dict(dataset=dataset, seed=cfg.randomness.seed))
        workers = dict(num_workers=args.workers, persistent_workers=args.workers > 0, pin_memory=args.device == "cuda")
        self.loader = DataLoader(
            dataset, cfg.train_dataloader.batch_size, sampler=self.sampler, collate_fn=pseudo_collate, drop_last=True, **workers
        )
        self._batches = self._cycle()

    def _cycle(self) -> Iterator[Any]:
        epoch = 0
        while True:
            self.sampler.set_epoch(epoch % self.epochs)
            yield from self.loader
            epoch += 1

    def step(self) -> dict[str, Any]:
        """Load a batch and train on it; return the losses."""
        self.model.train()
        torch.manual_seed(self.steps)  # as SeedStepHook does: drop path is the same for every way of training
        self.steps += 1
        return self.model.train_step(next(self._batches), self.optimizer)

    def weights(self) -> float:
        """Return 10^6 bytes of parameters: the student's, and an online teacher's."""
        teacher = getattr(getattr(self.model, "teacher", None), "model", None)
        parts = [self.model, *([teacher] if isinstance(teacher, nn.Module) else [])]
        return sum(p.numel() * p.element_size() for part in parts for p in part.parameters()) / 1e6


def build_step(run: str, folder: Path, args: argparse.Namespace) -> Callable[[], object]:
    """Return the step of a freshly built job that has gone through its data once, so that what is kept of them is in memory."""
    torch.set_num_threads(args.threads)
    job = Job(run, folder, args)
    for _ in range(len(job.loader)):
        job.step()
    return job.step


def measure_cost(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Alternate the steps of the three jobs; return seconds, their ratios and peak memory (weights included)."""
    jobs = {run: Job(run, folder, args) for run in RUNS}
    for job in jobs.values():
        for _ in range(len(job.loader)):  # decoded frames are kept, so the first epoch is dearer
            job.step()
    seconds = alternate({run: job.step for run, job in jobs.items()}, args.rounds, args.device)
    memory = {run: peak_memory_mb(build_step, run, folder, args, device=args.device) + jobs[run].weights() for run in RUNS}
    return {
        "batch": jobs["plain"].loader.batch_size,
        "rounds": args.rounds,
        "median_seconds": {run: statistics.median(times) for run, times in seconds.items()},
        "peak_memory_mb": memory,
        **{f"{run}_over_plain": paired_ratio(seconds[run], seconds["plain"]) for run in RUNS[1:]},
        **{f"{run}_memory_over_plain": memory[run] / memory["plain"] for run in RUNS[1:]},
    }


def compare_losses(folder: Path, args: argparse.Namespace, store: str) -> dict[str, Any]:
    """Train online and from a store, side by side; return both curves and the largest difference relative to the online loss."""
    online, stored = Job("online", folder, args), Job("stored", folder, args, store)
    curves: dict[str, list[float]] = {"online": [], "stored": []}
    for _ in range(args.curve):
        curves["online"].append(online.step()["loss"].item())
        curves["stored"].append(stored.step()["loss"].item())
    differences = [abs(a - b) / abs(a) for a, b in zip(curves["online"], curves["stored"], strict=True)]
    return {"max_relative_difference": max(differences), "last_relative_difference": differences[-1], **curves}


def main() -> None:
    """Measure on the CPU, and on the GPU where there is one, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, dest="out", default=RESULTS / "kd_cost.json", help="file of results (%(default)s)")
    parser.add_argument("--rounds", type=int, default=60, help="steps of each, alternating (%(default)s)")
    parser.add_argument("--curve", type=int, default=30, help="steps whose losses are compared (%(default)s)")
    parser.add_argument("--groups", type=int, default=8, help="recording groups of 24 clips each (%(default)s)")
    parser.add_argument("--epochs", type=int, default=2, help="stored (%(default)s)")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32", help="on the GPU; the CPU measures fp32")
    parser.add_argument("--workers", type=int, default=4, help="of the loader, on the GPU; the CPU measures without (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of PyTorch")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.curve, args.groups = 2, 2, 2
    torch.set_num_threads(args.threads)
    summary, results = run(args)
    write_report(args, results, **summary)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the ratios of the last device measured, and everything."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        results: dict[str, Any] = {"stores": prepare_data(folder, args.groups, args.epochs)}
        on_cpu = argparse.Namespace(**{**vars(args), "device": "cpu", "dtype": "fp32", "workers": 0})
        results["losses"] = {store: compare_losses(folder, on_cpu, store) for store in STORES}
        for store, losses in results["losses"].items():
            told = results["stores"][store]
            print(
                f"store {store:12s} {told['epochs']} epochs, {told['rows']} rows, {told['bytes']} bytes; losses up to "
                f"{losses['max_relative_difference']:.1e} off",
                flush=True,
            )
        devices = [on_cpu] + ([argparse.Namespace(**{**vars(args), "device": "cuda"})] if torch.cuda.is_available() else [])
        for options in devices:
            results[options.device] = found = measure_cost(folder, options)
            times = found["median_seconds"]
            ratios = {name: found[name]["median"] for name in ("stored_over_plain", "online_over_plain")}
            ratios.update({name: found[name] for name in ("stored_memory_over_plain", "online_memory_over_plain")})
            shown = ", ".join(f"{name} {value:.3f}" for name, value in ratios.items())
            print(f"{options.device}: " + ", ".join(f"{one} {1e3 * times[one]:.1f} ms" for one in RUNS) + f"; {shown}", flush=True)
    dense = results["losses"]["fp32"]["max_relative_difference"]
    summary = {**ratios, "bar": BAR, "within_bar": ratios["stored_over_plain"] <= BAR, "dense_fp32_loss_difference": dense}
    return {**summary, "same_losses": dense <= LOSS_BAR}, results


if __name__ == "__main__":
    main()
