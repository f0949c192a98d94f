"""Small components for tests of the engine and the command lines; importing the module registers them."""

import os
import signal
from typing import NamedTuple

import torch
from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from torch import nn
from torch.utils.data import Dataset

from mmxkd.registry import DATASETS, HOOKS, METRICS, MODELS
from mmxkd.seeding import make_rng
from mmxkd.structures import DataSample


@MODELS.register_module()
class ToyNet(BaseModel):
    def __init__(self, width: int = 8, classes: int = 3, dropout: float = 0.5, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.fc1 = nn.Linear(4, width)
        self.norm = nn.BatchNorm1d(width)
        self.drop = nn.Dropout(dropout)
        self.fc2 = nn.Linear(width, classes)

    def init_weights(self):
        rng = make_rng("toy init")
        with torch.no_grad():
            for parameter in (self.fc1.weight, self.fc1.bias, self.fc2.weight, self.fc2.bias):
                parameter.copy_(torch.from_numpy(rng.standard_normal(parameter.shape)))

    def logits(self, inputs):
        return self.fc2(self.drop(self.norm(self.fc1(torch.stack(list(inputs))))))

    def forward(self, inputs, data_samples=None, mode="tensor"):
        logits = self.logits(inputs)
        if mode == "tensor":
            return logits
        if mode == "loss":
            labels = torch.stack([sample.gt_label for sample in data_samples])
            return {"loss_cls": nn.functional.cross_entropy(logits, labels)}
        for sample, score in zip(data_samples, logits.softmax(-1), strict=True):
            sample.pred_score, sample.pred_label = score, score.argmax()
        return data_samples


def strip_prefix(module, state, prefix, metadata):
    for key in [key for key in state if key.startswith(prefix)]:
        name = key[len(prefix) :]
        state[prefix + (name.removeprefix("student.") if name.startswith("student.") else f"distill.{name}")] = state.pop(key)


def add_prefix(module, state, prefix, *args):
    for key in [key for key in state if key.startswith(prefix)]:
        name = key[len(prefix) :]
        state[prefix + (name.removeprefix("distill.") if name.startswith("distill.") else f"student.{name}")] = state.pop(key)


@MODELS.register_module()
class ToyDistiller(BaseModel):
    """Keeps student keys without prefix, the rest under ``distill.``."""

    def __init__(self, student, teacher, data_preprocessor=None):
        super().__init__(data_preprocessor=data_preprocessor)
        self.student = MODELS.build(student)
        self.connector = nn.Linear(3, 3)
        self.teacher_cfg = teacher
        self.calls = []
        self.register_state_dict_post_hook(strip_prefix)
        self.register_load_state_dict_pre_hook(add_prefix)

    def prepare_teacher(self):
        self.calls.append("prepare")

    def run_gate(self, dataset):
        self.calls.append(f"gate on {len(dataset)}")

    def set_progress(self, *progress):
        self.calls.append(progress)

    def forward(self, inputs, data_samples=None, mode="tensor"):
        if mode != "loss":
            return self.student(inputs, data_samples, mode)
        losses = self.student(inputs, data_samples, mode)
        return {**losses, "loss_kd": self.connector(self.student.logits(inputs)).square().mean()}


class Need(NamedTuple):
    key: str
    value: str
    path: str
    folder: bool = False


@DATASETS.register_module()
class ToyDataset(Dataset):
    prepare = "tools/data/make_toys.py"

    def __init__(self, length=20, seed=0, classes=("a", "b", "c"), root=None, broken=(), timing=None, pipeline=(), lazy_init=False):
        self.length, self.seed, self.root, self.broken, self.timing = length, seed, root, broken, timing
        self.metainfo = {"classes": tuple(classes), "label_map_hash": "".join(classes)}

    def required_paths(self):
        return [Need("root", self.root, self.root, True), Need("list", "list.txt", f"{self.root}/list.txt")] if self.root else []

    def __len__(self):
        return self.length

    def __getitem__(self, key):
        epoch, index = (key.epoch, key.index) if hasattr(key, "epoch") else (0, int(key))
        rng = make_rng("toy", self.seed, epoch, index)
        label = index % 3
        sample = DataSample(metainfo={"uid": f"toy{index}", "index": index, "epoch": epoch, "position": 0, "seed": self.seed})
        sample.set_metainfo({"broken": [f"toy{index}.mp4"] if index in self.broken else []})
        if self.timing:
            sample.set_metainfo({"timing": dict(self.timing)})
        sample.gt_label = torch.tensor(label)
        inputs = torch.from_numpy(rng.standard_normal(4)).float()
        inputs[label] += 2
        return {"inputs": inputs, "data_samples": sample}


@METRICS.register_module()
class ToyMetric(BaseMetric):
    def __init__(self, dump=None, collect_device="cpu", prefix=None):
        super().__init__(collect_device, prefix)
        self.dump = dump

    def process(self, data_batch, data_samples):
        self.results += [(s["index"], int(s["pred_label"]) == int(s["gt_label"])) for s in data_samples]

    def compute_metrics(self, results):
        hits = dict(results)
        if self.dump:
            with open(self.dump, "w") as file:
                file.write(str(sorted(hits)))
        return {"top1": sum(hits.values()) / len(hits), "num_videos": len(hits)}


@HOOKS.register_module()
class KillHook(Hook):
    """Send the process a signal, by default the one that leaves no chance to clean up, at a step or when validation begins."""

    priority = "LOWEST"

    def __init__(self, step=None, before_val_of_epoch=None, signal="SIGKILL", rank=0, once=None):
        self.step, self.epoch, self.signal, self.rank, self.once = step, before_val_of_epoch, signal, rank, once

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == self.step:
            self.kill(runner)

    def before_val_epoch(self, runner):
        if runner.epoch == self.epoch:
            self.kill(runner)

    def kill(self, runner):
        if runner.rank != self.rank or (self.once and os.path.exists(self.once)):
            return
        if self.once:
            open(self.once, "w").close()
        os.kill(os.getpid(), getattr(signal, self.signal))


@HOOKS.register_module()
class SameWeightsHook(Hook):
    """Fail unless every rank ends with the same parameters."""

    def after_train(self, runner):
        flat = torch.cat([parameter.detach().flatten() for parameter in runner.model.parameters()])
        for other in all_gather_object(flat):
            assert torch.equal(flat, other)
