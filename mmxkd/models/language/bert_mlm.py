"""BERT with its masked-language-model head: the student of VidLanKD, and the text side of its teacher."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.errors import DataError
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.language.encoders import build_masked_lm, masked_lm_head
from mmxkd.models.language.mlm_masking import IGNORED
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

_MLM_KEYS = frozenset({"mlm_logits", "mlm_labels"})
#: Parameters of a video-language teacher that its text side does without.
_TEACHER_ONLY = ("hinge_head", "video")


@MODELS.register_module()
class BertMLM(ExtractModel):
    """A masked language model: BERT, or another of the types ``build_masked_lm`` knows.

    Inputs: ``{'input_ids': int64 (N, L), 'attention_mask': (N, L), 'labels': int64 (N, L)}``, labels -100 where nothing is to be
    predicted, as ``MLMPreprocessor`` makes them.

    Output keys: ``hidden`` (N, L, D), last layer; ``mask`` (N, L), non-zero at tokens; ``mlm_logits`` (M, V) and ``mlm_labels`` (M,) of
    the M tokens with a label, row by row: the head runs on them alone, same loss and gradients at a seventh of its cost; ``index`` (N,)
    int64, the samples' rows in the data set, which a memory bank asks for.

    A checkpoint of ``VideoLanguageModel`` fits as well; its video side is left out.

    Args:
        encoder: settings for ``build_masked_lm``: ``config``, ``pretrained`` or both. ``model_type`` defaults to ``bert``.
        mlm_weight: factor of the loss; 0: the head is neither run nor trained.
        data_preprocessor: config; see ``MLMPreprocessor``.
        init_cfg: MMEngine initialisation.

    Source: zinengtang/VidLanKD ``vlm/model.py``. Case: vidlankd ``student``.
    """

    loss_keys = _MLM_KEYS
    predict_keys = _MLM_KEYS

    def __init__(
        self,
        encoder: Mapping[str, Any],
        mlm_weight: float = 1.0,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        settings = dict(encoder)
        if settings.get("config") is not None:
            settings["config"] = {"model_type": "bert", **settings["config"]}
        super().__init__(data_preprocessor, init_cfg)
        self.lm = build_masked_lm(**settings)
        self.mlm_weight = mlm_weight
        if mlm_weight == 0:
            self.loss_keys = self.loss_keys - _MLM_KEYS
            # No loss reaches the head. Its decoder is the word embedding, which stays.
            for name, parameter in self.lm.named_parameters():
                parameter.requires_grad_(name.startswith(f"{self.lm.base_model_prefix}."))
        self.register_load_state_dict_pre_hook(_drop_teacher_only)
        self._vocabulary_checked = False

    @property
    def encoder(self) -> nn.Module:
        """The encoder without its head."""
        return self.lm.base_model

    @property
    def vocab_size(self) -> int:
        """Rows of the word embedding."""
        return self.lm.config.vocab_size

    def available(self) -> frozenset[str]:
        """Return the keys listed above."""
        return frozenset({"hidden", "mask", "index", *_MLM_KEYS})

    def extract(self, inputs: Any, data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted tensors of a batch of texts (N, L).

        Raises:
            KeyError: a key that is not there.
            DataError: ids beyond the vocabulary.
        """
        check_want(want, self.available(), type(self).__name__)
        outputs: Outputs = {"mask": inputs["attention_mask"]}
        if "index" in want:
            outputs["index"] = torch.tensor([sample.index for sample in data_samples or ()], device=outputs["mask"].device)
        if {"hidden", "mlm_logits"} & set(want):
            self._check_vocabulary(inputs["input_ids"])
            passed = {key: inputs[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in inputs}
            outputs["hidden"] = self.encoder(**passed).last_hidden_state
        if _MLM_KEYS & set(want):
            chosen = inputs["labels"] != IGNORED
            outputs["mlm_labels"] = inputs["labels"][chosen]
            if "mlm_logits" in want:
                outputs["mlm_logits"] = masked_lm_head(self.lm)(outputs["hidden"][chosen])
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_mlm`` with its weight, the mean cross entropy of ``mlm_logits`` (M, V); 0, still part of the graph, where M = 0."""
        if self.mlm_weight == 0:
            return {}
        logits, labels = outputs["mlm_logits"].float(), outputs["mlm_labels"]
        total = F.cross_entropy(logits, labels, reduction="sum")
        return {"loss_mlm": self.mlm_weight * total / max(len(labels), 1)}

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``mlm_loss``, the sum over a sample's masked tokens, and ``mlm_hits`` into the samples.

        Needs ``mlm_logits`` (M, V) and the samples' ``mlm_count``, which ``MLMPreprocessor`` writes.
        """
        logits, labels = outputs["mlm_logits"].float(), outputs["mlm_labels"]
        losses, hits = F.cross_entropy(logits, labels, reduction="none"), logits.argmax(-1) == labels
        start = 0
        for sample in data_samples:
            part = slice(start, start + sample.mlm_count)
            sample.mlm_loss, sample.mlm_hits = losses[part].sum(), hits[part].sum()
            start += sample.mlm_count
        return list(data_samples)

    def forward(self, inputs: Any, data_samples: Sequence[DataSample] | None = None, mode: str = "tensor") -> Any:
        """Compose the contract; ``tensor`` returns ``hidden`` (N, L, D)."""
        if mode == "tensor":
            return self.extract(inputs, data_samples, {"hidden"})["hidden"]
        return super().forward(inputs, data_samples, mode)

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Tensor]:
        """Return one text of zeros, every token of which is to be predicted; ``shape`` is (L,), default 128 tokens."""
        ids = torch.zeros(1, *(shape or (128,)), dtype=torch.int64)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.zeros_like(ids)}

    def _check_vocabulary(self, ids: Tensor) -> None:
        """Look at the first batch: ids of another tokenizer would raise an unreadable error on a GPU."""
        if self._vocabulary_checked or ids.is_meta:
            return
        if int(ids.max()) >= self.vocab_size:
            raise DataError(
                f"token id {int(ids.max())} in a model of {self.vocab_size} words: text and model (or student and teacher) were made with "
                "different vocabularies"
            )
        self._vocabulary_checked = True


def _drop_teacher_only(module: nn.Module, state: dict[str, Tensor], prefix: str, *args: Any) -> None:
    """Let a text model load a video-language model's checkpoint."""
    foreign = set(_TEACHER_ONLY) - {name for name, _ in module.named_children()}
    for key in [key for key in state if key.startswith(prefix)]:
        if key[len(prefix) :].partition(".")[0] in foreign:
            state.pop(key)
