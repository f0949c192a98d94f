"""The contract every model of the framework keeps: outputs that are asked for by name."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

Outputs = dict[str, Tensor]


class ExtractModel(BaseModel):
    """A model that declares what it can compute and computes what is wanted.

    ``forward`` only composes ``extract``, ``loss_from`` and ``predict_from``, so one forward pass serves the task loss, the
    prediction and any distillation term.
    """

    #: Keys the model's own loss and prediction read.
    loss_keys: frozenset[str] = frozenset({"logits"})
    predict_keys: frozenset[str] = frozenset({"logits"})

    def __init__(self, data_preprocessor: dict | nn.Module | None = None, init_cfg: dict | None = None) -> None:
        # Built here and not by MMEngine, which would need a default scope to find ours.
        if isinstance(data_preprocessor, dict):
            data_preprocessor = MODELS.build(data_preprocessor)
        super().__init__(data_preprocessor, init_cfg)

    @abstractmethod
    def available(self) -> frozenset[str]:
        """Return every key ``extract`` accepts in ``want``."""

    @abstractmethod
    def extract(self, inputs: Any, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted tensors; keys outside ``available()`` raise ``KeyError``."""

    @abstractmethod
    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return the model's own task losses of the batch's outputs (N, ...), each a scalar whose name starts with ``loss``."""

    @abstractmethod
    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write predictions into ``data_samples`` and return them."""

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> Any:
        """Return zeros in place of one preprocessed sample: what counting and timing a prediction runs on.

        Args:
            shape: of a video (T, H, W), over the one the backbone is made for; other models say what they take.

        Raises:
            ConfigError: the backbone states no input shape and none is given.
        """
        nominal = getattr(getattr(self, "backbone", None), "input_shape", None)
        if shape is not None:
            return torch.zeros(1, 1, nominal[0] if nominal else 3, *shape)
        if nominal is None:
            raise ConfigError(f"{type(self).__name__} states no input shape; give one with --shape T H W")
        return torch.zeros(1, 1, *nominal)

    def forward(self, inputs: Any, data_samples: Sequence[DataSample] | None = None, mode: str = "tensor") -> Any:
        """Compose the contract: ``loss`` -> dict of scalars, ``predict`` -> list of samples, ``tensor`` -> ``logits`` (N, K)."""
        if mode == "tensor":
            return self.extract(inputs, data_samples, {"logits"})["logits"]
        if data_samples is None:
            raise ValueError(f"mode={mode!r} needs data_samples")
        if mode == "loss":
            return self.loss_from(self.extract(inputs, data_samples, self.loss_keys), data_samples)
        if mode == "predict":
            return self.predict_from(self.extract(inputs, data_samples, self.predict_keys), data_samples)
        raise ValueError(f"mode={mode!r}; accepted: 'loss', 'predict', 'tensor'")


def check_want(want: Collection[str], available: Collection[str], owner: str) -> None:
    """Raise ``KeyError`` naming the unknown keys when ``want`` goes beyond ``available``."""
    unknown = sorted(set(want) - set(available))
    if unknown:
        raise KeyError(f"{owner} cannot compute {unknown}; it gives {sorted(available)}")
