"""The Anticipative Video Transformer: what will be done next, from the frames until now."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.models.anticipation.losses import feature_loss, gather_labels, label_loss
from mmxkd.models.backbones.frames import build_backbone
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, write_scores

_FEATURE_KEYS = frozenset({"feat", "past_feat", "frame_feat", "predicted_feat"})
_MEANS = ("labelled", "all")


@MODELS.register_module()
class AVT(ExtractModel):
    """Frame backbone, causal transformer over time, one linear classifier per kind of label.

    Output keys, T the time steps, C the step's width, the first kind of label (actions) without suffix:

    - ``logits`` (N, K) of the future, ``logits/verb``, ``logits/noun``;
    - ``past_logits`` (N, T, K) of the steps seen, ``past_logits/verb`` ...: the same classifiers on ``past_feat``;
    - ``feat`` (N, C): the foretold feature that the classifiers read;
    - ``frame_feat`` (N, T, C): x, the steps as they are; ``predicted_feat`` (N, T', C): y, what each step foretells, roll-outs at the end;
      ``past_feat`` (N, T, C): x_0, y_0 ... y_{T-2}.

    With several crops every output is the mean over them, logits included.

    Args:
        backbone: config; maps clips (N, C', T, H, W) to features (N, C, T, h, w).
        future_predictor: config of a ``FuturePredictor``; ``in_features`` is filled in.
        num_classes: ``{kind: number}``, the main kind first: ``dict(action=2513)``, ``dict(action=2513, verb=125, noun=352)``.
        backbone_dim: C of the backbone.
        feature_dim: width of the steps where it differs: a linear map without bias follows the backbone.
        backbone_key: which of the outputs of a backbone that gives several (``stage4``).
        dropout: before the classifiers.
        num_clips: clips of one sample. 1: a view is one clip and its frames are the time axis. More: the V axis of the inputs holds crops
            times clips (clips last), and each clip, its frames averaged, is one time step.
        return_past_too: average the last ``avg_last_n`` of [x, y_{T-1}, roll-outs] instead of the last ``output_len`` outputs.
        avg_last_n: future steps averaged into ``feat``; 1 = the last.
        class_maps: ``{kind: [class of that kind per class of the main kind]}``.
        use_cls_mappings: give the kinds of ``class_maps`` no classifier of their own: their logits are the sums of the main kind's.
        loss_weights: factors of ``cls_<kind>`` (1), ``past_cls_<kind>`` (0) and ``feat`` (1); what weighs 0 is not computed.
        label_mean: ``labelled`` or ``all``, see ``label_loss``.
        detach_feature_target: see ``feature_loss``.
        data_preprocessor: config; see ``VideoDataPreprocessor``.

    Raises:
        ConfigError: an unknown loss weight or ``label_mean``, or class maps that do not fit.

    Source: Girdhar and Grauman, "Anticipative Video Transformer", 2021; facebookresearch/AVT ``models/base_model.py``.
    Cases: anticipation ``avth_*``.
    """

    def __init__(
        self,
        backbone: dict,
        future_predictor: dict,
        num_classes: Mapping[str, int],
        backbone_dim: int,
        feature_dim: int | None = None,
        backbone_key: str | None = None,
        dropout: float = 0.2,
        num_clips: int = 1,
        return_past_too: bool = True,
        avg_last_n: int = 1,
        class_maps: Mapping[str, Sequence[int]] | None = None,
        use_cls_mappings: bool = False,
        loss_weights: Mapping[str, float] | None = None,
        label_mean: str = "labelled",
        detach_feature_target: bool = False,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor)
        if label_mean not in _MEANS or not num_classes or avg_last_n < 1 or num_clips < 1:
            raise ConfigError(
                f"AVT: label_mean={label_mean!r}, num_classes={dict(num_classes)}, avg_last_n={avg_last_n}, num_clips={num_clips}; "
                f"accepted: label_mean in {_MEANS}, at least one kind of class, counts of at least 1"
            )
        self.classes, self.main = dict(num_classes), next(iter(num_classes))
        self.backbone_key, self.num_clips = backbone_key, num_clips
        self.return_past_too, self.avg_last_n = return_past_too, avg_last_n
        self.label_mean, self.detach_feature_target = label_mean, detach_feature_target
        self.loss_weights = self._complete(loss_weights or {})
        self.loss_keys = self._keys_of_losses()
        width = backbone_dim if feature_dim is None else feature_dim
        self.backbone = build_backbone(backbone)
        self.mapper_to_inter: nn.Module = nn.Identity() if width == backbone_dim else nn.Linear(backbone_dim, width, bias=False)
        self.future_predictor = MODELS.build({"type": "FuturePredictor", "in_features": width, **future_predictor})
        self.dropout = nn.Dropout(dropout)
        self._register_maps(class_maps or {})
        mapped = set(class_maps or {}) if use_cls_mappings else set()
        self.mapped = tuple(kind for kind in self.classes if kind in mapped)
        if use_cls_mappings and set(self.classes) - mapped != {self.main}:
            raise ConfigError(
                f"AVT.use_cls_mappings: class_maps tells of {sorted(mapped)}, num_classes needs {sorted(set(self.classes) - {self.main})}"
            )
        self.classifiers = nn.ModuleDict({kind: nn.Linear(width, count) for kind, count in self.classes.items() if kind not in mapped})
        self._init_linear()

    @property
    def num_classes(self) -> int:
        """Number of classes K of the main kind."""
        return self.classes[self.main]

    def available(self) -> frozenset[str]:
        """Return the keys ``extract`` accepts."""
        return _FEATURE_KEYS | {self._key(part, kind) for kind in self.classes for part in ("logits", "past_logits")}

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> Tensor:
        """Return zeros (1, num_clips, C, T, H, W); ``shape`` (T, H, W) over the backbone's."""
        return super().example_inputs(shape).repeat(1, self.num_clips, 1, 1, 1, 1)

    def extract(self, inputs: Tensor, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted outputs of ``inputs`` (N, V, C', T, H, W) float32; keys and shapes as in the class.

        Raises:
            KeyError: a key that is not in ``available()``.
            ValueError: inputs of another rank, V no multiple of ``num_clips``, features of another width.
        """
        check_want(want, self.available(), type(self).__name__)
        steps = self._steps(inputs)
        predicted = self.future_predictor(steps)
        outputs = {"frame_feat": steps, "predicted_feat": predicted}
        outputs["feat"] = self._future(steps, predicted)
        outputs["past_feat"] = torch.cat([steps[:, :1], predicted[:, : steps.shape[1] - 1]], 1)
        outputs.update(self._classify("logits", outputs["feat"], want))
        outputs.update(self._classify("past_logits", outputs["past_feat"], want))
        crops = len(steps) // len(inputs)
        kept = {key: outputs[key] for key in want}
        return kept if crops == 1 else {key: value.unflatten(0, (-1, crops)).mean(1) for key, value in kept.items()}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_cls_<kind>``, ``loss_past_cls_<kind>`` and ``loss_feat``, each with its weight in it.

        Reads ``gt_label`` (actions), ``gt_verb``, ``gt_noun``; for the past ``past_labels`` (T,), ``past_verbs``, ``past_nouns``.

        Raises:
            ValueError: a label is missing, or there are not as many past labels as time steps.
        """
        losses: dict[str, Tensor] = {}
        for kind in self.classes:
            for prefix, part, field in (("cls", "logits", self._label(kind)), ("past_cls", "past_logits", self._past_label(kind))):
                weight = self.loss_weights[f"{prefix}_{kind}"]
                if weight:
                    logits = outputs[self._key(part, kind)]
                    labels = gather_labels(data_samples, field, logits.device)
                    labels = labels.reshape(len(data_samples)) if part == "logits" else labels
                    if labels.shape != logits.shape[:-1]:
                        raise ValueError(f"{field} of shape {tuple(labels.shape[1:])} for {logits.shape[1]} time steps")
                    losses[f"loss_{prefix}_{kind}"] = weight * label_loss(logits, labels, self.label_mean)
        if self.loss_weights["feat"]:
            value = feature_loss(outputs["predicted_feat"], outputs["frame_feat"], self.detach_feature_target)
            losses["loss_feat"] = self.loss_weights["feat"] * value
        return losses

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,), the softmax of ``logits`` (N, K), and ``pred_label``."""
        return write_scores(data_samples, outputs["logits"].float().softmax(-1))

    def _steps(self, inputs: Tensor) -> Tensor:
        """Return the time steps (N * crops, T, C) of ``inputs`` (N, V, C', T, H, W)."""
        if inputs.ndim != 6 or inputs.shape[1] % self.num_clips:
            raise ValueError(f"inputs of shape {tuple(inputs.shape)}; expected (N, crops * {self.num_clips} clips, C, T, H, W)")
        clips = inputs.flatten(0, 1)
        features = self.backbone(clips) if self.backbone_key is None else self.backbone(clips, {self.backbone_key})[self.backbone_key]
        steps = self.mapper_to_inter(features.flatten(3).mean(-1).transpose(1, 2))
        return steps if self.num_clips == 1 else steps.mean(1).unflatten(0, (-1, self.num_clips))

    def _future(self, steps: Tensor, predicted: Tensor) -> Tensor:
        future = predicted[:, steps.shape[1] - 1 :]
        if self.return_past_too:
            future = torch.cat([steps, future], 1)
        return future[:, -self.avg_last_n :].mean(1)

    def _classify(self, part: str, features: Tensor, want: Collection[str]) -> Outputs:
        """Return the wanted ``part`` (``logits`` or ``past_logits``) of ``features`` (..., C)."""
        kinds = [kind for kind in self.classes if self._key(part, kind) in want]
        if not kinds:
            return {}
        features = self.dropout(features)
        outputs = {kind: self.classifiers[kind](features) for kind in dict.fromkeys([self.main, *kinds]) if kind in self.classifiers}
        for kind in self.mapped:
            outputs[kind] = outputs[self.main] @ self.get_buffer(_map_name(kind, self.main))
        return {self._key(part, kind): outputs[kind] for kind in kinds}

    def _key(self, part: str, kind: str) -> str:
        return part if kind == self.main else f"{part}/{kind}"

    def _label(self, kind: str) -> str:
        return "gt_label" if kind == self.main else f"gt_{kind}"

    def _past_label(self, kind: str) -> str:
        return "past_labels" if kind == self.main else f"past_{kind}s"

    def _complete(self, weights: Mapping[str, float]) -> dict[str, float]:
        complete = {"feat": 1.0}
        for kind in self.classes:
            complete |= {f"cls_{kind}": 1.0, f"past_cls_{kind}": 0.0}
        unknown = sorted(set(weights) - set(complete))
        if unknown:
            raise ConfigError(f"AVT.loss_weights: unknown {unknown}; accepted: {sorted(complete)}")
        return {**complete, **weights}

    def _keys_of_losses(self) -> frozenset[str]:
        keys = {"predicted_feat", "frame_feat"} if self.loss_weights["feat"] else set()
        for kind in self.classes:
            for prefix, part in (("cls", "logits"), ("past_cls", "past_logits")):
                if self.loss_weights[f"{prefix}_{kind}"]:
                    keys.add(self._key(part, kind))
        return frozenset(keys)

    def _register_maps(self, class_maps: Mapping[str, Sequence[int]]) -> None:
        for kind, classes in class_maps.items():
            ids = torch.tensor(list(classes), device="cpu")
            count = self.classes.get(kind, int(ids.max()) + 1)
            if len(ids) != self.num_classes or int(ids.min()) < 0 or int(ids.max()) >= count:
                raise ConfigError(
                    f"AVT.class_maps[{kind!r}]: {len(ids)} entries from {int(ids.min())} to {int(ids.max())}; "
                    f"expected one per {self.main} ({self.num_classes}), each 0 to {count - 1}"
                )
            # A constant of the config, not state: a checkpoint does not hold it.
            self.register_buffer(_map_name(kind, self.main), nn.functional.one_hot(ids, count).float(), persistent=False)

    def _init_linear(self) -> None:
        """Draw the weights of our own linear layers from N(0, 0.01); the backbone and the transformer keep theirs."""
        for module in (self.mapper_to_inter, self.future_predictor.encoder, self.future_predictor.decoder, *self.classifiers.values()):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _map_name(kind: str, main: str) -> str:
    return f"cls_map_{kind}_{main}"
