"""Toy models that keep the contract, for tests of the distiller."""

import torch
from mmengine.model import BaseDataPreprocessor
from torch import nn

from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.models.base import ExtractModel, check_want
from mmxkd.models.losses import classification_loss
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, gather_targets, write_scores

CLASSES = 3


class StackPreprocessor(BaseDataPreprocessor):
    """Stack a list of inputs."""

    def forward(self, data, training=False):
        data = self.cast_data(data)
        inputs = data["inputs"]
        return {"inputs": torch.stack(inputs) if isinstance(inputs, list) else inputs, "data_samples": data["data_samples"]}


@MODELS.register_module(force=True)
class ToyModel(ExtractModel):
    """Two linear layers with dropout; counts what it computed."""

    def __init__(self, width=5, data_preprocessor=None):
        super().__init__(StackPreprocessor())
        self.hidden = nn.Linear(4, width)
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(width)
        self.out = nn.Linear(width, CLASSES)
        self.asked = []

    def available(self):
        return frozenset({"logits", "feat", "cls/0", "cls/1"})

    def extract(self, inputs, data_samples, want):
        check_want(want, self.available(), "ToyModel")
        self.asked.append(frozenset(want))
        feat = self.norm(self.hidden(inputs))
        outputs = {"feat": feat, "cls/0": feat[:, :2], "cls/1": feat[:, :1], "logits": self.out(self.drop(feat))}
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs, data_samples):
        logits = outputs["logits"]
        return {"loss_cls": classification_loss(logits, *gather_targets(data_samples, logits.device))}

    def predict_from(self, outputs, data_samples):
        return write_scores(data_samples, outputs["logits"].softmax(-1))


@MODELS.register_module(force=True)
class FixedTeacher(Teacher):
    """Says constants, with a mask."""

    def __init__(self, tensors, valid=None, keys=None):
        super().__init__()
        self.said, self.valid, self.calls = tensors, valid or {}, 0

    def available(self):
        return frozenset(self.said)

    def signal(self, inputs, data_samples, want):
        self.calls += 1
        return Signal({key: self.said[key] for key in want}, {key: self.valid[key] for key in want if key in self.valid})


def toy_batch(size=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, 4, generator=generator)
    return inputs, [DataSample(gt_label=torch.tensor(i % CLASSES), metainfo={"uid": str(i)}) for i in range(size)]
