"""Any mmaction2 or Hugging Face module under our contract; the only place that uses forward hooks."""

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.losses import classification_loss
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, gather_targets, write_scores

_LAYOUTS = {
    # One axis order per family: from our (N, V, C, T, H, W) to what its forward takes, views folded into the batch.
    "ncthw": lambda x: x.flatten(0, 1),
    "ntchw": lambda x: x.flatten(0, 1).transpose(1, 2),
    "nchw": lambda x: x.flatten(0, 1).transpose(1, 2).flatten(0, 1),
    "nvcthw": lambda x: x,
}


@MODELS.register_module()
class ForeignModel(ExtractModel):
    """Adapt a module: map its inputs, name its outputs, and give it a classification loss.

    Args:
        model: the module, a registry config (``type='mmaction.Recognizer3D'``), or a Hugging Face model as
            ``dict(type='transformers.VideoMAEForVideoClassification', pretrained=DIR)`` or with ``config={...}`` to start anew.
        keys: our key -> where it comes from: ``'output'``, ``'output.<field>'``, ``'output.<field>.<index>'`` or
            ``'module:<path>'``, the output of a sub-module. Must name ``logits`` (N * V, K).
        layout: axis order of the module's input: ``ncthw``, ``ntchw``, ``nvcthw``, or ``nchw`` (images: frames join the batch).
        argument: name of the module's input argument; ``None`` passes it first.
        call: further keyword arguments of its forward (``dict(mode='tensor')`` for mmaction2).
        label_smoothing: of the loss.
        data_preprocessor: config; see ``VideoDataPreprocessor``.
        channels_last: lay the weights of convolutions out channels last; what they compute then is, too. X3D, whose convolutions are
            depthwise, trains twice as fast on a CPU.

    A ``module:`` tap is cleared in every call, so it can never be stale; it is part of the graph.
    """

    def __init__(
        self,
        model: dict | nn.Module,
        keys: dict[str, str],
        layout: str = "ncthw",
        argument: str | None = None,
        call: dict | None = None,
        label_smoothing: float = 0.0,
        data_preprocessor: dict | None = None,
        channels_last: bool = False,
    ) -> None:
        super().__init__(data_preprocessor)
        self.model = model if isinstance(model, nn.Module) else _build(model)
        if channels_last:
            _lay_out_channels_last(self.model)
        if layout not in _LAYOUTS:
            raise ConfigError(f"layout={layout!r}; accepted: {sorted(_LAYOUTS)}")
        if "logits" not in keys:
            raise ConfigError(f"keys={keys} must say where 'logits' come from")
        self.keys, self.layout, self.argument, self.call = dict(keys), layout, argument, dict(call or {})
        self.label_smoothing = label_smoothing
        self._taps: dict[str, Any] = {}
        for path in {source.removeprefix("module:") for source in keys.values() if source.startswith("module:")}:
            self._tap(path)

    def available(self) -> frozenset[str]:
        """Return the keys named in the config."""
        return frozenset(self.keys)

    def extract(self, inputs: Tensor, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Run the module on ``inputs`` (N, V, C, T, H, W) and collect the wanted tensors, batch axis N * V.

        Raises:
            KeyError: a key that the config does not name.
            ValueError: a source that the module's output does not have.
        """
        check_want(want, self.available(), "ForeignModel")
        self._taps.clear()
        adapted = _LAYOUTS[self.layout](inputs)
        args, kwargs = ((adapted,), {}) if self.argument is None else ((), {self.argument: adapted})
        output = self.model(*args, **kwargs, **self.call)
        outputs = {key: self._resolve(self.keys[key], output) for key in want}
        self._taps.clear()
        return outputs

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_cls`` of ``logits`` (N, K)."""
        logits = outputs["logits"]
        loss = classification_loss(logits, *gather_targets(data_samples, logits.device), self.label_smoothing)
        return {"loss_cls": loss}

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,), the mean over views, and ``pred_label`` from ``logits`` (N * V, K)."""
        return write_scores(data_samples, outputs["logits"].float().softmax(-1).unflatten(0, (len(data_samples), -1)).mean(1))

    def _tap(self, path: str) -> None:
        try:
            module = self.model.get_submodule(path)
        except AttributeError:
            names = [name for name, _ in self.model.named_modules() if name.count(".") <= path.count(".") and name]
            raise ConfigError(f"keys: no sub-module {path!r} in {type(self.model).__name__}; it has {names[:12]} ...") from None
        module.register_forward_hook(lambda _module, _args, output: self._taps.__setitem__(path, output))

    def _resolve(self, source: str, output: Any) -> Tensor:
        if source.startswith("module:"):
            path = source.removeprefix("module:")
            if path not in self._taps:
                raise ValueError(f"keys: sub-module {path!r} was not called in this forward pass")
            value = self._taps[path]
        else:
            value = output
            for part in source.split(".")[1:]:
                try:
                    value = value[int(part)] if part.isdigit() else value[part] if isinstance(value, dict) else getattr(value, part)
                except (AttributeError, KeyError, IndexError, TypeError):
                    raise ValueError(f"keys: {source!r} is not in the module's output of type {type(output).__name__}") from None
        if not isinstance(value, Tensor):
            raise ValueError(f"keys: {source!r} gives {type(value).__name__}, expected a tensor")
        return value


def _build(config: dict) -> nn.Module:
    """Build from a registry, or from transformers for a type that starts with ``transformers.``."""
    config = dict(config)
    kind = config.get("type", "")
    if not kind.startswith("transformers."):
        # The parts of a model from another repository are looked up in that repository's scope.
        scope = {"_scope_": kind.split(".")[0]} if "." in kind else {}
        return MODELS.build({**scope, **config})
    import transformers

    cls = getattr(transformers, kind.removeprefix("transformers."), None)
    if cls is None:
        raise ConfigError(f"type={kind!r}: transformers {transformers.__version__} has no such class")
    if "pretrained" in config:
        # Weights cannot be loaded onto the meta device, where a teacher's keys are asked for before training.
        with torch.device("cpu"):
            return cls.from_pretrained(config["pretrained"], local_files_only=True)
    return cls(cls.config_class(**config.get("config", {})))


def _lay_out_channels_last(model: nn.Module) -> None:
    for weight in (module.weight for module in model.modules() if isinstance(module, nn.Conv2d | nn.Conv3d)):
        weight.data = weight.data.contiguous(memory_format=torch.channels_last if weight.ndim == 4 else torch.channels_last_3d)
