"""Students, teachers and samples from what cases record."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.convert.avt import convert_avt
from mmxkd.distill.signal import Signal
from mmxkd.distill.teachers.base import Teacher
from mmxkd.models.anticipation.avt import AVT
from mmxkd.parity.case import Case
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample


class Said(Teacher):
    """A teacher that repeats recorded ``logits`` (N, K)."""

    def __init__(self, logits: Tensor | None = None) -> None:
        super().__init__()
        self.logits = torch.zeros(0) if logits is None else logits

    def available(self) -> frozenset[str]:
        """Return the one key."""
        return frozenset({"logits"})

    def signal(self, inputs: Any, data_samples: Sequence[DataSample], want: Collection[str]) -> Signal:
        """Return the recorded logits (N, K)."""
        return Signal({"logits": self.logits})


def build_avt(hparams: dict[str, Any], loss_weights: dict[str, float] | None = None, **options: Any) -> AVT:
    """Build through the registry, without dropout and with the published mean over past labels.

    Args:
        hparams: of the case.
        loss_weights: of the case; the distillation's are passed over.
        options: further arguments of ``AVT``.
    """
    weights = {key: value for key, value in (loss_weights or {}).items() if key == "feat" or key.startswith(("cls_", "past_cls_"))}
    predictor = dict(
        hidden_size=hparams["inter_dim"],
        num_heads=hparams["n_head"],
        num_layers=hparams["n_layer"],
        max_positions=hparams["n_positions"],
        output_len=hparams["output_len"],
        output_len_eval=hparams.get("output_len_eval"),
        dropout=0.0,
    )
    if (predictor["output_len_eval"] or 0) < 0:
        predictor["output_len_eval"] = None
    maps = {kind: hparams[f"{kind}_of_action"] for kind in ("verb", "noun") if f"{kind}_of_action" in hparams}
    arguments = dict(
        backbone=dict(type="IdentityBackbone", in_channels=hparams["backbone_dim"], num_frames=hparams["frames"]),
        future_predictor=predictor,
        num_classes=hparams["num_classes"],
        backbone_dim=hparams["backbone_dim"],
        feature_dim=hparams.get("intermediate_featdim"),
        dropout=0.0,
        num_clips=hparams["clips"],
        return_past_too=hparams["return_past_too"],
        avg_last_n=hparams["avg_last_n"],
        class_maps=maps,
        use_cls_mappings=hparams.get("use_cls_mappings", False),
        loss_weights=weights,
        label_mean="all",
    )
    return MODELS.build(dict(type="AVT", **{**arguments, **options}))


def load_official(model: AVT, checkpoint: dict[str, Any]) -> AVT:
    """Load a checkpoint of the official layout through the public converter, strictly."""
    model.load_state_dict(convert_avt(checkpoint).state_dict)
    return model


def crops_of(video: np.ndarray) -> list[Tensor]:
    """Turn the published input (B, clips, C, T, H, W) into ours; with a crop axis after the clips one tensor per crop."""
    tensor = torch.from_numpy(video)
    return [tensor] if tensor.ndim == 6 else list(tensor.unbind(2))


def samples_of(arrays: dict[str, np.ndarray], kinds: Sequence[str]) -> list[DataSample]:
    """Return a sample per row of ``target/<kind>`` (B,) and, where recorded, ``target_subclips/<kind>`` (B, T, frames).

    The label of a clip is the mode over its frames. The first kind is the main one.
    """
    samples = [DataSample() for _ in arrays[f"target/{kinds[0]}"]]
    for number, kind in enumerate(kinds):
        label, past = ("gt_label", "past_labels") if number == 0 else (f"gt_{kind}", f"past_{kind}s")
        for sample, value in zip(samples, arrays[f"target/{kind}"], strict=True):
            sample.set_field(torch.tensor(value), label, dtype=Tensor)
        if f"target_subclips/{kind}" in arrays:
            for sample, value in zip(samples, torch.from_numpy(arrays[f"target_subclips/{kind}"]), strict=True):
                sample.set_field(value.flatten(1).mode(-1).values, past, dtype=Tensor)
    return samples


def arrays_below(case: Case, prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose key starts with ``prefix``, without it."""
    return {key.removeprefix(prefix): case.array(key) for key in case.arrays if key.startswith(prefix)}
