"""The text teacher of action anticipation: an encoder over the text of past actions, and three linear heads."""

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.language.class_weights import balanced_class_weights, weighted_cross_entropy
from mmxkd.models.language.encoders import build_encoder
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, write_scores

#: Output key, head, label field and loss name of the three tasks, in the order of ``multi_task``.
_TASKS = (
    ("logits", "out_action", "gt_label", "loss_action"),
    ("logits/verb", "out_verb", "gt_verb", "loss_verb"),
    ("logits/noun", "out_noun", "gt_noun", "loss_noun"),
)


@MODELS.register_module()
class TextAnticipator(ExtractModel):
    """Predict the next action, its verb and its noun from the text of the actions before it.

    Output keys: ``logits`` (N, K); with ``multi_task`` also ``logits/verb``, ``logits/noun``; ``hidden`` (N, L, D), the encoder's last
    hidden states; ``mask`` (N, L) bool, its real tokens; ``feat`` (N, D), the hidden state at position 0. There is no dropout but the
    encoder's, and no pooling layer.

    Args:
        encoder: arguments of ``build_encoder``.
        num_classes: actions K (EGTEA Gaze+ 106, EPIC-KITCHENS-55 2,513).
        num_verbs, num_nouns: classes of the other two heads, which exist with ``multi_task`` only.
        multi_task: weights of the action, verb and noun loss ((0.8, 0.1, 0.1) on EGTEA Gaze+, (0.7, 0.15, 0.15) on EPIC-KITCHENS-55);
            ``None`` trains the action head alone.
        weigh_classes: weight every class by ``balanced_class_weights`` of the training records; ``TrainingSetHook`` shows them.
        absent_weight: weight of classes without a record.
        label_smoothing: of all losses.
        data_preprocessor: config; see ``TextPreprocessor``.
        init_cfg: MMEngine initialisation; ``PretrainedLanguageModel`` starts from a language model.

    Raises:
        ConfigError: ``multi_task`` without sizes of its heads, or not three weights.

    Source: sayontang/Action_Anticipation, ``teacher/`` (fact sheet section 2); cases: ``teacher_*``.
    """

    def __init__(
        self,
        encoder: dict[str, Any],
        num_classes: int,
        num_verbs: int | None = None,
        num_nouns: int | None = None,
        multi_task: Sequence[float] | None = None,
        weigh_classes: bool = False,
        absent_weight: float = 0.0,
        label_smoothing: float = 0.0,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        if multi_task is not None and (len(multi_task) != 3 or num_verbs is None or num_nouns is None):
            raise ConfigError(
                f"model.multi_task={multi_task} with num_verbs={num_verbs}, num_nouns={num_nouns}; accepted: three weights (action, verb, "
                "noun) and both numbers of classes, or None"
            )
        self.encoder = build_encoder(**encoder)
        width = self.encoder.config.hidden_size
        self.num_classes = num_classes
        self.out_action = nn.Linear(width, num_classes)
        if multi_task is not None:
            self.out_verb, self.out_noun = nn.Linear(width, int(num_verbs or 0)), nn.Linear(width, int(num_nouns or 0))
        self.task_weights = (1.0,) if multi_task is None else tuple(multi_task)
        self.tasks = _TASKS[: len(self.task_weights)]
        self.weigh_classes, self.absent_weight, self.label_smoothing = weigh_classes, absent_weight, label_smoothing
        self.class_weights: dict[str, Tensor] = {}
        self.loss_keys = frozenset(key for key, *_ in self.tasks)

    def learn_from(self, dataset: Any) -> None:
        """Take the training records per class from ``dataset.class_counts()``, ``{'action': (K,), 'verb': ..., 'noun': ...}``.

        Raises:
            ConfigError: counts of another number of classes than the head's.
        """
        if not self.weigh_classes:
            return
        counts = dataset.class_counts()
        for key, head, _, loss in self.tasks:
            given = torch.as_tensor(counts[loss.removeprefix("loss_")])
            classes = getattr(self, head).out_features
            if given.shape != (classes,):
                raise ConfigError(f"model.{head} has {classes} classes, the data set counts {tuple(given.shape)}")
            self.class_weights[key] = balanced_class_weights(given, self.absent_weight)

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Tensor]:
        """Return one text of zeros; ``shape`` is (L,), 32 tokens by default: about five actions."""
        ids = torch.zeros(1, *(shape or (32,)), dtype=torch.int64)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def available(self) -> frozenset[str]:
        """Return the keys ``extract`` accepts."""
        return self.loss_keys | {"feat", "hidden", "mask"}

    def extract(self, inputs: dict[str, Tensor], data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted outputs of ``input_ids`` and ``attention_mask`` (N, L) int64; keys and shapes as in the class."""
        check_want(want, self.available(), type(self).__name__)
        outputs: Outputs = {"mask": inputs["attention_mask"].bool()}
        if set(want) - {"mask"}:
            outputs["hidden"] = self.encoder(**inputs).last_hidden_state
            outputs["feat"] = outputs["hidden"][:, 0]
        for key, head, *_ in self.tasks:
            if key in want:
                outputs[key] = getattr(self, head)(outputs["feat"])
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_action`` and, with ``multi_task``, ``loss_verb`` and ``loss_noun``, each times its weight.

        Raises:
            ConfigError: ``weigh_classes`` and nobody has counted the classes.
        """
        if self.weigh_classes and not self.class_weights:
            raise ConfigError("model.weigh_classes=True needs custom_hooks=[dict(type='TrainingSetHook')] to count the records")
        losses = {}
        for weight, (key, _, field, name) in zip(self.task_weights, self.tasks, strict=True):
            logits = outputs[key]
            labels = torch.stack([sample.get(field).reshape(()) for sample in data_samples]).to(logits.device)
            class_weights = self.class_weights[key].to(logits.device) if self.weigh_classes else None
            losses[name] = weight * weighted_cross_entropy(logits, labels, class_weights, self.label_smoothing)
        return losses

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,) and ``pred_label`` from ``logits`` (N, K)."""
        return write_scores(data_samples, outputs["logits"].float().softmax(-1))
