"""Localizers from the settings that cases record."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.convert.groundnlq import convert_groundnlq
from mmxkd.models.grounding.decoding import PostProcess
from mmxkd.models.grounding.layers import ScaledDropPath
from mmxkd.models.grounding.moment_localizer import MomentLocalizer
from mmxkd.parity.case import Case
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample


def model_config(settings: dict[str, Any], text_padding: str = "longest") -> dict[str, Any]:
    """Return our config of a published ``model`` section with its ``train_cfg``, in the published batch-dependent text padding.

    Raises:
        ValueError: settings that the published code cannot build either, or dropout, which no published recipe uses.
    """
    train = settings["train_cfg"]
    for key, accepted in {"backbone_type": "convTransformer", "fpn_type": "identity"}.items():
        if settings[key] != accepted:
            raise ValueError(f"{key}={settings[key]!r}; only {accepted!r} can be built")
    if train.get("dropout", 0):
        raise ValueError(f"dropout={train['dropout']}; no published recipe has any")
    window = settings["n_mha_win_size"]
    return dict(
        type="MomentLocalizer",
        backbone=dict(
            video_dim=settings["input_vid_dim"],
            text_dim=settings["input_txt_dim"],
            embed_dim=settings["embd_dim"],
            num_heads=settings["n_head"],
            arch=settings["backbone_arch"],
            max_seq_len=settings["max_seq_len"],
            window=window,
            window_order="published",
            embed_kernel=settings["embd_kernel_size"],
            embed_norm=settings["embd_with_ln"],
            position_table=settings["use_abs_pe"],
            relative_bias=settings["use_rel_pe"],
            scale_factor=settings["scale_factor"],
            drop_path_rate=train["droppath"],
        ),
        num_classes=settings["num_classes"],
        regression_ranges=settings["regression_range"],
        start_level=settings["fpn_start_level"],
        neck_norm=settings["fpn_with_ln"],
        head_dim=settings["head_dim"],
        head_layers=settings["head_num_layers"],
        head_kernel=settings["head_kernel_size"],
        head_norm=settings["head_with_ln"],
        prior=train["cls_prior_prob"],
        empty_classes=train["head_empty_cls"],
        center_radius=train["center_sample_radius"] if train["center_sample"] == "radius" else None,
        label_smoothing=train["label_smoothing"],
        reg_weight=train["loss_weight"],
        init_loss_norm=train["init_loss_norm"],
        text_padding=text_padding,
        data_preprocessor=dict(
            type="GroundingDataPreprocessor",
            video_dim=settings["input_vid_dim"],
            text_dim=settings["input_txt_dim"],
            max_seq_len=settings["max_seq_len"],
            pad_video_to="max_seq_len",
        ),
    )


def build_localizer(settings: dict[str, Any], checkpoint: dict | None = None) -> MomentLocalizer:
    """Build through the registry and load a checkpoint of the official layout through the public converter, strictly."""
    model = MODELS.build(model_config(settings))
    if checkpoint is not None:
        model.load_state_dict(convert_groundnlq(checkpoint, init_loss_norm=settings["train_cfg"]["init_loss_norm"]).state_dict)
    return model


def silence_drop_path(model: MomentLocalizer) -> None:
    """Keep the residual scales and drop nothing, which is how the training numbers were recorded."""
    for module in model.modules():
        if isinstance(module, ScaledDropPath):
            module.rate = 0.0


def post_process_of(settings: dict[str, Any]) -> PostProcess:
    """Return our settings of a published ``test_cfg``; the half-window shift is the published one."""
    return PostProcess(
        pre_nms_thresh=settings["pre_nms_thresh"],
        pre_nms_topk=settings["pre_nms_topk"],
        duration_thresh=settings["duration_thresh"],
        nms=settings["nms_method"],
        iou_threshold=settings["iou_threshold"],
        sigma=settings["nms_sigma"],
        min_score=settings["min_score"],
        max_windows=settings["max_seg_num"],
        multiclass=settings["multiclass_nms"],
        voting_thresh=settings["voting_thresh"],
        half_window_shift=True,
    )


def features_of(case: Case, prefix: str, number: int) -> dict[str, Tensor]:
    """Return one sample's inputs, ``<prefix>feats.i`` (C, T) and ``<prefix>query_feats.i`` (D, L)."""
    names = {"video": "feats", "text": "query_feats"}
    return {stream: torch.from_numpy(case.array(f"{prefix}{name}.{number}")) for stream, name in names.items()}


def labelled(windows: np.ndarray, one_hot: np.ndarray | None = None, **meta: Any) -> DataSample:
    """Return a sample with windows (n, 2) on the feature grid; one class each."""
    sample = DataSample(metainfo=meta)
    sample.gt_segments = torch.from_numpy(windows)
    sample.gt_labels = torch.from_numpy(one_hot.argmax(1)) if one_hot is not None else torch.zeros(len(windows), dtype=torch.int64)
    return sample
