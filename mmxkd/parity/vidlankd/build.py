"""Models from the hyper-parameters that cases record."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmxkd.convert.vidlankd import convert_vidlankd
from mmxkd.distill.distiller import Distiller
from mmxkd.distill.teachers.online import OnlineTeacher
from mmxkd.engine.optim.decay_by_name import DecayByNameConstructor
from mmxkd.engine.optim.linear_warmup import LinearWarmupLR
from mmxkd.models.language.bert_mlm import BertMLM
from mmxkd.models.language.mlm_masking import IGNORED
from mmxkd.registry import MODELS

#: Losses of the release's two distillation terms, as its configs write them.
KD_LOSSES = {
    "kd1": dict(type="NST", reduction="published", teacher_term=False),
    "kd2": dict(type="InBatchContrast", reduction="published"),
}


def bert_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a BERT config without dropout from a case's ``config``."""
    return dict(
        model_type="bert",
        vocab_size=config.get("vocab", 0),
        hidden_size=config["hidden"],
        num_hidden_layers=config["layers"],
        num_attention_heads=config["heads"],
        intermediate_size=config["inter"],
        max_position_embeddings=config["max_pos"],
        layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


def build_lm(config: Mapping[str, Any]) -> BertMLM:
    """Return the text model of a case, through the registry."""
    return MODELS.build(dict(type="BertMLM", encoder=dict(config=bert_config(config))))


def build_distiller(config: Mapping[str, Any], student: Mapping[str, Any], teacher: Mapping[str, Any]) -> Distiller:
    """Return student, online teacher and the terms whose flags are on, with the weights of two official directories."""
    teacher_model = build_lm(config)
    load_official(teacher_model, teacher)
    terms = [
        dict(
            loss=KD_LOSSES[name],
            student="hidden",
            teacher="hidden",
            connector=dict(type="MLPConnector", in_features=config["hidden"]),
            weight=config["voken_ratio"],
            name=name,
        )
        for name in ("kd1", "kd2")
        if config[name]
    ]
    distiller = Distiller(build_lm(config), OnlineTeacher(teacher_model), terms)
    load_official(distiller, student)
    distiller.prepare_teacher("cpu")
    return distiller


def load_official(model: nn.Module, checkpoint: Mapping[str, Any], keep_hinge_head: bool = False) -> None:
    """Load a directory of the official layout through the public converter, strictly.

    Text models take the text side of a teacher's directory.
    """
    state = convert_vidlankd(checkpoint, keep_hinge_head).state_dict
    model.load_state_dict({key: value for key, value in state.items() if isinstance(model, Distiller) or not key.startswith("distill.")})


def text_inputs(ids: np.ndarray, labels: np.ndarray | None = None, mask: np.ndarray | None = None, pad: int = 0) -> dict[str, Tensor]:
    """Return model inputs (N, L) of recorded arrays; the mask is ``ids != pad`` and every token is labelled unless they are given."""
    tokens = torch.from_numpy(ids)
    attention = (tokens != pad).long() if mask is None else torch.from_numpy(mask)
    return {"input_ids": tokens, "attention_mask": attention, "labels": tokens if labels is None else torch.from_numpy(labels)}


def all_labelled(inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the inputs with every position labelled, so that ``mlm_logits`` is (N * L, V)."""
    return {**inputs, "labels": inputs["input_ids"].clamp(min=0)}


def nothing_labelled(inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the inputs with no position labelled."""
    return {**inputs, "labels": torch.full_like(inputs["input_ids"], IGNORED)}


class Steps:
    """The published training loop: old AdamW, decay by name, clipping, linear schedule, accumulation.

    Args:
        model: what is trained.
        settings: a case's ``traj`` entry.
        max_norm: of the clipped gradient.
    """

    def __init__(self, model: nn.Module, settings: Mapping[str, Any], warmup: int, max_norm: float = 1.0) -> None:
        self.settings, self.warmup, self.accum = settings, warmup, int(settings.get("accum", 1))
        optimizer = dict(type="HFAdamW", lr=settings["lr"], eps=settings.get("eps", 1e-6), weight_decay=settings.get("wd", 0.0))
        wrapper = dict(
            type="AutocastOptimWrapper",
            dtype="float32",
            optimizer=optimizer,
            accumulative_counts=self.accum,
            clip_grad=dict(max_norm=max_norm),
        )
        self.wrapper = DecayByNameConstructor(wrapper)(model)
        self.done = 0

    def take(self, loss: Tensor) -> tuple[float | None, float]:
        """Go one batch on with ``loss``; return the norm before clipping, if the optimizer stepped, and the rate."""
        rate = LinearWarmupLR.lr_at(
            self.done,
            self.settings["lr"],
            warmup_steps=self.warmup,
            total_steps=self.settings["total"] * self.accum,
            accumulation=self.accum,
        )
        for group in self.wrapper.optimizer.param_groups:
            group["lr"] = rate
        self.wrapper.update_params(loss)
        self.done += 1
        if self.done % self.accum:
            return None, rate
        return self.wrapper.message_hub.get_scalar("train/grad_norm").current(), rate


def grad_norms(model: nn.Module, names: Sequence[str], rename: Any) -> dict[str, float | None]:
    """Return the gradient norms of the parameters with these published names; ``None`` = no gradient."""
    found = {rename(name): parameter.grad for name, parameter in model.named_parameters()}
    return {name: None if (grad := found[name]) is None else float(grad.norm()) for name in names}
