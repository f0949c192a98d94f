"""A frozen model that answers during training."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.checkpoints import load_checkpoint
from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.base import ExtractModel
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample


@MODELS.register_module()
class OnlineTeacher(Teacher):
    """Run a frozen model on the student's inputs.

    Where the teacher's own data preprocessor normalises differently, the inputs are renormalised for it; ``size`` and
    ``num_frames`` resample them.

    Args:
        model: config of a model keeping the ``ExtractModel`` contract, or the model.
        checkpoint: its weights, loaded strictly, head included; ``None`` keeps what ``model`` starts with.
        size: side of the (square) input the teacher expects; ``None`` = the student's.
        num_frames: frames the teacher expects, spread evenly over the student's; ``None`` = the student's.
        inputs_from: field of the data samples that holds the teacher's own input, one unbatched input each, collated by the teacher's
            data preprocessor (a text history beside a video student); ``None`` = the student's inputs.
        gate: see ``Gate``.
        hint: how to get the checkpoint, told when it is missing.
    """

    def __init__(
        self,
        model: dict | ExtractModel,
        checkpoint: str | None = None,
        size: int | None = None,
        num_frames: int | None = None,
        gate: dict | None = None,
        hint: str = "",
        inputs_from: str | None = None,
    ) -> None:
        super().__init__(gate)
        if inputs_from is not None and (size is not None or num_frames is not None):
            raise ConfigError(
                "model.teacher.size and num_frames resample the student's inputs; with inputs_from there are none to resample"
            )
        self.inputs_from = inputs_from
        self.config = model
        self.checkpoint, self.size, self.num_frames, self.hint = checkpoint, size, num_frames, hint
        self.model: ExtractModel | None = None
        self._renormalize: tuple[Tensor, Tensor] | None = None
        self._available: frozenset[str] | None = None

    def available(self) -> frozenset[str]:
        """Return the model's keys; asked of a copy without storage as long as nothing is built."""
        if self._available is None:
            if isinstance(self.config, dict):
                with torch.device("meta"):
                    self._available = MODELS.build(self.config).available()
            else:
                self._available = self.config.available()
        return self._available

    def build(self) -> ExtractModel:
        """Return the architecture with its weights as initialised, frozen and in eval mode; no file is needed."""
        model = MODELS.build(self.config) if isinstance(self.config, dict) else self.config
        return model.requires_grad_(False).eval()

    def prepare(self, device: torch.device | str, data_preprocessor: nn.Module | None = None) -> None:
        """Build the model and load its weights.

        Raises:
            DataError: the checkpoint is missing, unreadable or does not fit.
        """
        if self.model is not None:
            return
        model = self.build()
        if self.checkpoint is not None:
            checkpoint = load_checkpoint(self.checkpoint)
            self.label_map_hash = checkpoint.get("meta", {}).get("dataset_meta", {}).get("label_map_hash")
            state = {key: value for key, value in checkpoint["state_dict"].items() if not key.startswith("distill.")}
            try:
                model.load_state_dict(state)
            except RuntimeError as error:
                raise DataError(f"model.teacher.checkpoint={self.checkpoint}: does not fit the teacher: {error}") from None
        self.model = model.to(device)
        self._renormalize = _renormalization(data_preprocessor, model.data_preprocessor, device)

    def signal(self, inputs: Any, data_samples: Sequence[DataSample], want: Collection[str]) -> Signal:
        """Run the model on the student's inputs (N, ...), or on the N inputs of its own that the samples carry."""
        if self.model is None:
            raise RuntimeError("OnlineTeacher.signal before prepare(): the teacher is built when training starts")
        inputs = self._adapt(inputs) if self.inputs_from is None else self._collect(self.model, self.inputs_from, data_samples)
        return Signal(self.model.extract(inputs, data_samples, want))

    @staticmethod
    def _collect(model: ExtractModel, field: str, data_samples: Sequence[DataSample]) -> Any:
        """Collate what the samples carry under ``field``; raises ``ConfigError`` when a sample has nothing there."""
        for sample in data_samples:
            if field not in sample:
                raise ConfigError(
                    f"model.teacher.inputs_from={field!r}: sample {sample.get('uid')!r} has no such field; a transform of the student's "
                    "pipeline must write it"
                )
        batch = {"inputs": [sample.get(field) for sample in data_samples], "data_samples": None}
        return model.data_preprocessor(batch, training=False)["inputs"]

    def apply_to_tensors(self, fn: Callable[[Tensor], Tensor]) -> None:
        """Move or cast the model."""
        if self.model is not None:
            self.model._apply(fn)
        if self._renormalize is not None:
            self._renormalize = (fn(self._renormalize[0]), fn(self._renormalize[1]))

    def _adapt(self, inputs: Any) -> Any:
        """Bring the student's inputs to the teacher's normalisation, frame count and size."""
        if self._renormalize is not None:
            scale, shift = self._renormalize
            inputs = inputs * scale + shift
        if self.num_frames is not None and self.num_frames != inputs.shape[3]:
            frames = inputs.shape[3]
            centres = (torch.arange(self.num_frames, device=inputs.device) + 0.5) * frames / self.num_frames
            inputs = inputs.index_select(3, centres.long().clamp(max=frames - 1))
        if self.size is not None and self.size != inputs.shape[-1]:
            shape = inputs.shape[:-2] + (self.size, self.size)
            frames = inputs.flatten(0, 1).transpose(1, 2).flatten(0, 1)
            frames = F.interpolate(frames, (self.size, self.size), mode="bilinear", align_corners=False, antialias=True)
            inputs = frames.unflatten(0, (-1, shape[3])).transpose(1, 2).reshape(shape)
        return inputs


def _renormalization(student: nn.Module | None, teacher: nn.Module | None, device: torch.device | str) -> tuple[Tensor, Tensor] | None:
    """Return (scale, shift) that turn student-normalised pixels into teacher-normalised ones; ``None`` when they agree."""
    found = [getattr(side, name, None) for side in (student, teacher) for name in ("mean", "std")]
    values = [value.detach().cpu().double() for value in found if value is not None]
    if len(values) < len(found):
        return None
    s_mean, s_std, t_mean, t_std = values
    if torch.equal(s_mean, t_mean) and torch.equal(s_std, t_std):
        return None
    shape = (1, 1, -1, 1, 1, 1)
    scale, shift = s_std / t_std, (s_mean - t_mean) / t_std
    return scale.float().reshape(shape).to(device), shift.float().reshape(shape).to(device)
