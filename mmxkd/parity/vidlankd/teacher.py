"""Kind ``teacher``: both sides forward, losses, gradients and a few training steps."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.convert.vidlankd import to_official_key
from mmxkd.datasets.language.frames import last_channel_mask
from mmxkd.models.language.video_language import VideoLanguageModel
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.parity.vidlankd.build import Steps, all_labelled, bert_config, grad_norms, load_official, text_inputs
from mmxkd.parity.vidlankd.trajectory import check_columns, run_steps
from mmxkd.registry import MODELS

#: What the release's ``finetuning`` flag means for gradients: it frees the backbone, the MLP always has them.
_TRAIN_VIDEO = {"finetuning_False": "head", "finetuning_True": "all"}
_SHORT = {"finetuning_False": "ft0", "finetuning_True": "ft1"}
_MODULE = "module."


def build_teacher(case: Case, train_video: str) -> VideoLanguageModel:
    """Return the teacher of a case, dropout off, with its official weights.

    ``cfg_margin`` is what the released config says and the released code ignores.
    """
    config, checkpoint = case.meta["config"], case.checkpoint()
    model = MODELS.build(
        dict(
            type="VideoLanguageModel",
            encoder=dict(config=bert_config(config)),
            video=dict(in_features=case.array("video_features").shape[2], mid_features=config["vmid"], dropout=0.0),
            mlm_weight=config["mlm_ratio"],
            train_video=train_video,
            hinge_head=True,
        )
    )
    load_official(model, checkpoint, keep_hinge_head=True)
    return model


def clip_inputs(features: np.ndarray) -> dict[str, Tensor]:
    """Return video inputs (N, T, C) of recorded features, frames masked by the published rule."""
    video = torch.from_numpy(features)
    return {"video": video, "video_mask": torch.from_numpy(last_channel_mask(features)).long()}


def check_teacher(case: Case, report: Report) -> None:
    """Teacher of one case."""
    batch = {
        **text_inputs(case.array("input_ids"), case.array("token_labels"), case.array("attention_mask")),
        **clip_inputs(case.array("video_features")),
    }
    _check_settings(case, report, batch)
    _check_forward(case, report, build_teacher(case, "all").eval(), batch)
    for stage, train_video in _TRAIN_VIDEO.items():
        if stage in case.meta["grad_norms"]:
            _check_gradients(case, report, build_teacher(case, train_video).train(), batch, stage)
    _check_steps(case, report, build_teacher(case, "none").train(), batch)


def _check_settings(case: Case, report: Report, batch: dict[str, Tensor]) -> None:
    config, margin = case.meta["config"], case.checkpoint()["config.json"]["margin"]
    report.check("B,L", "exact", [config["B"], config["L"]], list(batch["input_ids"].shape))
    report.check("pads", "exact", config["pads"], (config["L"] - batch["attention_mask"].sum(1)).tolist())
    if not config.get("use_clip"):  # with it, further features stand beside the 2-D ones
        report.check("feat2d,feat3d", "exact", config["feat2d"] + config["feat3d"], batch["video"].shape[2])
    report.check("vlen", "exact", config["vlen"], batch["video"].shape[1])
    report.check("cfg_margin", "exact", config["cfg_margin"], margin)
    report.check("video_mask", "exact", case.array("video_mask"), batch["video_mask"])
    counts = torch.arange(config["vlen"]) < torch.tensor(config["vvalid"])[:, None]
    for row, frame in config["last_zero"]:
        counts[row, frame] = False
    report.check("vvalid,last_zero", "exact", case.array("video_mask"), counts.long())


def _check_forward(case: Case, report: Report, model: VideoLanguageModel, batch: dict[str, Tensor]) -> None:
    with torch.no_grad():
        outputs = model.extract(all_labelled(batch), None, model.available() - {"index"})
        losses = _losses(model, batch)
        empty = model.extract({**batch, **clip_inputs(np.zeros_like(case.array("video_features")[:1]))}, None, {"video_feat"})
    names = {
        "video_sequence_output": "video_sequence",
        "video_pooled": "video_pooled",
        "video_embedding": "video_feat",
        "text_sequence_output": "hidden",
        "predict_hinge_head": "hinge_head",
        "predict_mlm_logits": "mlm_logits",
    }
    for key, ours in names.items():
        expected = case.array(key)
        report.compare(key, "forward", expected, outputs[ours].reshape(expected.shape))
    report.compare("empty_video_embedding", "forward", case.array("empty_video_embedding"), empty["video_feat"])
    report.compare("eval_hinge_loss", "loss", case.array("eval_hinge_loss"), losses["hinge"])
    report.compare("eval_token_loss", "loss", case.array("eval_token_loss"), losses["token"])
    # The release's regression slot is a constant.
    report.compare("eval_reg_loss", "loss", case.array("eval_reg_loss"), np.zeros((), dtype=np.float32))


def _losses(model: VideoLanguageModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the raw ``hinge`` and ``token`` losses and their weighted ``total``."""
    losses = model(batch, [], mode="loss")
    token = losses.get("loss_mlm", torch.zeros(()))
    return {"hinge": losses["loss_hinge"], "token": token / (model.mlm_weight or 1.0), "total": losses["loss_hinge"] + token}


def _check_gradients(case: Case, report: Report, model: VideoLanguageModel, batch: dict[str, Tensor], stage: str) -> None:
    recorded, short = case.meta["grad_norms"][stage], _SHORT[stage]
    losses = _losses(model, batch)
    losses["total"].backward()
    for name, value in losses.items():
        report.compare(f"{stage}/{name}", "loss", recorded[name], value)
    for side in ("text", "video"):
        # Video names are recorded without their common prefix.
        ours = grad_norms(model, list(recorded[side]), lambda name: to_official_key(name).removeprefix(_MODULE))
        for name, expected in recorded[side].items():
            report.compare(f"{stage}/{side}/{name}", "grad_norm", expected, ours[name])
    report.compare(f"train_total_{short}", "loss", case.array(f"train_total_{short}"), losses["total"])
    grads: dict[str, Any] = {
        f"grad_word_emb_{short}": model.lm.get_input_embeddings().weight.grad,
        f"grad_mlp_map0_{short}": model.video.mlp[0].weight.grad,
    }
    for key, grad in grads.items():
        expected = case.array(key)
        report.compare(key, "grad_norm", np.linalg.norm(expected), grad.norm())
        bar = {"atol": report.bars["grad_norm"]["rtol"] * float(np.linalg.norm(expected))}
        report.check(f"{key}/difference", bar, 0.0, float((grad - torch.from_numpy(expected)).norm()))


def _check_steps(case: Case, report: Report, model: VideoLanguageModel, batch: dict[str, Tensor]) -> None:
    """The release's optimizer holds the text side alone."""
    settings, ratio = case.meta["config"]["traj"], case.meta["config"]["mlm_ratio"]
    steps = Steps(model, settings, settings["warmup"])
    ids, labels = (case.array(key).reshape(-1, *batch["input_ids"].shape) for key in ("traj_input_ids", "traj_labels"))
    clips = case.array("traj_video").reshape(-1, *batch["video"].shape)

    def loss_of(number: int) -> dict[str, Tensor]:
        return _losses(model, {**text_inputs(ids[number], labels[number]), **clip_inputs(clips[number])})

    rows = run_steps(steps, loss_of, len(ids), ("hinge", "token", "total"))
    recorded = case.array("traj_hinge_token_loss_gradnorm_lr")
    check_columns(report, recorded, rows, settings, lambda row: row[0] + ratio * row[1])
    final = {to_official_key(name).removeprefix(_MODULE): value.detach() for name, value in model.named_parameters()}
    for key in ("final_param_norms", "final_video_param_norms"):
        for name, expected in case.meta[key].items():
            report.compare(f"{key}/{name}", "grad_norm", expected, final[name].norm())
