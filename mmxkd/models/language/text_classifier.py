"""A text encoder with a fresh pooler and a linear head: GLUE and other sentence tasks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.logging import print_log
from torch import Tensor, nn

from mmxkd.checkpoints import load_state_dict
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.language.encoders import build_encoder
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, write_scores


@MODELS.register_module()
class TextClassifier(ExtractModel):
    """Classify (or, with one class, regress) a sentence or a pair.

    Inputs: ``{'input_ids', 'attention_mask', 'token_type_ids'}``, each int64 (N, L). Samples carry ``gt_label`` int64, or
    ``gt_value`` float for one class.

    Output keys: ``logits`` (N, K); ``feat`` (N, D), the pooler's output; ``hidden`` (N, L, D); ``mask`` (N, L).

    Args:
        encoder: settings for ``build_encoder``: ``config``, ``pretrained`` or both. ``model_type`` defaults to ``bert``.
        num_classes: K; 1 is regression.
        checkpoint: one of ours whose text encoder (``lm.bert.*``) to start from; the pooler starts anew, whatever the file holds.
        dropout: before the head.
        data_preprocessor: config; see ``TextPreprocessor``.

    Source: zinengtang/VidLanKD ``vlm/run_glue.py`` (transformers' BertForSequenceClassification). Case: vidlankd ``glue``.
    """

    def __init__(
        self,
        encoder: Mapping[str, Any],
        num_classes: int,
        checkpoint: str | None = None,
        dropout: float = 0.1,
        data_preprocessor: dict | nn.Module | None = None,
    ) -> None:
        super().__init__(data_preprocessor)
        if num_classes < 1:
            raise ConfigError(f"model.num_classes={num_classes}; accepted: at least 1")
        settings = dict(encoder)
        if settings.get("config") is not None:
            settings["config"] = {"model_type": "bert", **settings["config"]}
        self.encoder = build_encoder(**settings, pooler=True)
        self.num_classes = num_classes
        self.dropout = nn.Dropout(dropout)
        config = self.encoder.config
        self.head = nn.Linear(config.hidden_size, num_classes)
        nn.init.normal_(self.head.weight, std=config.initializer_range)
        nn.init.zeros_(self.head.bias)
        self.checkpoint = checkpoint

    def init_weights(self) -> None:
        """Load ``checkpoint``; called when training starts."""
        super().init_weights()
        if self.checkpoint is not None:
            load_text_encoder(self.encoder, self.checkpoint)

    def available(self) -> frozenset[str]:
        """Return the keys listed above."""
        return frozenset({"logits", "feat", "hidden", "mask"})

    def extract(self, inputs: Any, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted tensors of a batch of texts (N, L)."""
        check_want(want, self.available(), type(self).__name__)
        passed = {key: inputs[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in inputs}
        output = self.encoder(**passed)
        outputs = {"hidden": output.last_hidden_state, "mask": inputs["attention_mask"], "feat": output.pooler_output}
        if "logits" in want:
            outputs["logits"] = self.head(self.dropout(outputs["feat"]))
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_cls`` of ``logits`` (N, K): cross entropy, or the squared error of one class."""
        logits = outputs["logits"].float()
        if self.num_classes == 1:
            values = torch.stack([sample.gt_value.reshape(()) for sample in data_samples]).to(logits)
            return {"loss_cls": F.mse_loss(logits[:, 0], values)}
        labels = torch.stack([sample.gt_label.reshape(()) for sample in data_samples]).to(logits.device)
        return {"loss_cls": F.cross_entropy(logits, labels)}

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,) and ``pred_label``, or ``pred_value`` of one class."""
        logits = outputs["logits"].float()
        if self.num_classes > 1:
            return write_scores(data_samples, logits.softmax(-1))
        for sample, value in zip(data_samples, logits[:, 0], strict=True):
            sample.pred_value = value
        return list(data_samples)

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Tensor]:
        """Return one text of zeros; ``shape`` is (L,), default 126 tokens."""
        ids = torch.zeros(1, *(shape or (126,)), dtype=torch.int64)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": ids}


def load_text_encoder(encoder: nn.Module, checkpoint: str) -> None:
    """Copy the text encoder of a ``BertMLM`` or ``VideoLanguageModel`` checkpoint; what else it holds is left.

    Raises:
        DataError: the file has no such encoder, or a weight is missing or of another shape.
    """
    state = {key.removeprefix("lm.bert."): value for key, value in load_state_dict(checkpoint).items() if key.startswith("lm.bert.")}
    own = {key: value for key, value in encoder.state_dict().items() if not key.startswith("pooler.")}
    problems = [f"{key} is not in the file" for key in own if key not in state]
    problems += [
        f"{key}: {tuple(state[key].shape)} in the file, {tuple(value.shape)} in the model"
        for key, value in own.items()
        if key in state and state[key].shape != value.shape
    ]
    problems += [f"{key} is not in the model" for key in state if key not in own]
    if problems:
        raise DataError(f"{checkpoint} does not fit the text encoder: {'; '.join(problems[:4])}")
    encoder.load_state_dict(state, strict=False)
    print_log(f"{checkpoint}: {len(state)} tensors of the text encoder copied; pooler and head start anew", "current")
