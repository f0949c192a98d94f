"""Kinds ``sampling``, ``pipeline``, ``mixup`` and ``multiview``."""

import random
from typing import Any

import numpy as np
import torch

from mmxkd.datasets.transforms import ArrayVideo
from mmxkd.datasets.transforms.sampling import sample_segments
from mmxkd.evaluation.recognition import topk_accuracy
from mmxkd.models.mixing import cutmix, cutmix_box, mixup, smooth_one_hot
from mmxkd.models.views import average_views
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.registry import TRANSFORMS

# Normalisation of the published pipeline (fact sheet section 4).
_MEAN, _STD = (np.array(values, dtype=np.float32) for values in ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)))


def check_sampling(case: Case, report: Report) -> None:
    """Frame indices of many video lengths."""
    for row in case.meta["rows"]:
        setting = dict(case.meta["settings"][row["setting"]])
        views = setting.pop("multiview", 1)
        span = setting["clip_len"] * setting["frame_interval"]
        interval = (row["total_frames"] - span + 1) // setting["num_clips"]
        rng = np.random.RandomState(row["numpy_seed"]) if row["numpy_seed"] is not None else None
        frames = sample_segments(row["total_frames"], views=views, rng=rng, **setting)
        report.compare(row["key"], "all", case.array(row["key"]), frames)
        report.compare(f"{row['key']}/avg_interval_floor", "all", row["avg_interval_floor"], interval)


def check_pipeline(case: Case, report: Report) -> None:
    """Pixels, indices and boxes of the test views; boxes of the geometry."""
    for row in case.meta["rows"]:
        _check_views(case, report, row)
    for row in case.meta["geometry_224"]:
        _check_geometry(report, row)
    for index, row in enumerate(case.meta["random_resized_crop"]):
        state, python_state = np.random.get_state(), random.getstate()
        np.random.seed(row["numpy_seed"])
        random.seed(row["python_seed"])
        box = _run(dict(type="mmaction.RandomResizedCrop"), _blank(row["hw"]))["crop_bbox"]
        np.random.set_state(state)
        random.setstate(python_state)
        report.compare(f"random_resized_crop/{index}", "boxes", row["xyxy"], box)


def _check_views(case: Case, report: Report, row: dict[str, Any]) -> None:
    meta, key = case.meta, row["key"]
    frames = case.array(f"frames_{key.rsplit('_', 1)[1]}")
    kind = key.split("_")[1]
    clips, crops = (meta["num_clip"], meta["num_crop"]) if kind == "multi" else map(int, kind.split("x"))
    report.compare(f"{key}/input", "frame_inds", row["input"], list(frames.shape[:3]))
    sample = dict(type="SampleFrames", num_clips=meta["num_frames"], test_mode=True, views=clips, random_views=clips > 1)
    resize = dict(type="mmaction.Resize", scale=(-1, meta["scale_resize"] if crops == 1 else meta["size"]))
    crop = dict(type="mmaction.CenterCrop" if crops == 1 else "mmaction.ThreeCrop", crop_size=meta["size"])
    results: dict[str, Any] = {"video": ArrayVideo(frames), "rng": np.random.RandomState(row["numpy_seed"] or 0)}
    for config in (dict(type="OpenVideo"), sample, dict(type="DecodeFrames"), resize, crop):
        results = _run(config, results)
    report.compare(f"{key}/frame_inds", "frame_inds", case.array(f"{key}__frame_inds"), results["frame_inds"])
    report.compare(f"{key}/crop_bbox", "boxes", case.array(f"{key}__crop_bbox"), results["crop_bbox"])
    packed = _run(dict(type="PackVideo", num_frames=meta["num_frames"]), results)["inputs"]
    views = packed.numpy().swapaxes(1, 2).reshape(-1, *packed.shape[1:2], *packed.shape[3:])
    images = (views - _MEAN[:, None, None]) / _STD[:, None, None]
    report.compare(f"{key}/out", "frame_inds", row["out"], list(images.shape))
    report.compare(f"{key}/imgs", "imgs", case.array(f"{key}__imgs"), images)


def _check_geometry(report: Report, row: dict[str, Any]) -> None:
    name = f"geometry_224/{row['hw'][0]}x{row['hw'][1]}"
    for side, crop, resized, boxes in (
        (224, "ThreeCrop", "three_crop_resized_hw", "three_crop_xyxy"),
        (256, "CenterCrop", "center_resized_hw", "center_crop_xyxy"),
    ):
        results = _run(dict(type="mmaction.Resize", scale=(-1, side)), _blank(row["hw"]))
        report.compare(f"{name}/{resized}", "boxes", row[resized], list(results["img_shape"]))
        box = _run(dict(type=f"mmaction.{crop}", crop_size=224), results)["crop_bbox"]
        report.compare(f"{name}/{boxes}", "boxes", row[boxes], box)


def _blank(size: list[int]) -> dict[str, Any]:
    return {"imgs": [np.zeros((*size, 3), dtype=np.uint8)], "img_shape": tuple(size), "modality": "RGB"}


def _run(config: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
    return TRANSFORMS.build(config)(results)


def check_mixup(case: Case, report: Report) -> None:
    """Mixed inputs and targets with recorded draws, and the draws from their seeds."""
    meta = case.meta
    inputs, labels = torch.from_numpy(case.array("x")), torch.from_numpy(case.array("labels"))
    report.check("B", "exact", meta["B"], len(inputs))
    targets = smooth_one_hot(labels, meta["K"], meta["smoothing"])
    report.compare("smoothed_onehot", "targets", case.array("smoothed_onehot"), targets)
    report.compare("on_value", "targets", meta["on_value"], float(targets.max()))
    report.compare("off_value", "targets", meta["off_value"], float(targets.min()))
    height, width = inputs.shape[-2:]
    for row in meta["rows"]:
        name = f"{row['index']}_{row['kind']}"
        lam, perm, center = _published_draw(row["kind"], row["torch_seed"], len(inputs), height, width, meta)
        recorded = torch.from_numpy(case.array(f"{name}__perm"))
        report.check(f"{name}/perm", "exact", recorded, perm)
        report.check(f"{name}/lam", "exact", row["lam"], lam)
        if row["kind"] == "mixup":
            mixed, mixed_targets = mixup(inputs, targets, row["lam"], recorded)
        else:
            report.check(f"{name}/center_x_then_y", "exact", row["center_x_then_y"], center)
            box = cutmix_box(height, width, row["lam"], tuple(row["center_x_then_y"]))
            mixed, mixed_targets = cutmix(inputs, targets, box, recorded)
        report.compare(f"{name}/imgs", "imgs", case.array(f"{name}__imgs"), mixed)
        report.compare(f"{name}/targets", "targets", case.array(f"{name}__targets"), mixed_targets)


def _published_draw(
    kind: str, seed: int, batch: int, height: int, width: int, meta: dict[str, Any]
) -> tuple[float, torch.Tensor, list[int]]:
    """Draw as the release does, from torch's stream: cutmix permutes first and then draws, mixup the other way round."""
    alpha = meta[f"{kind}_alpha"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        beta = torch.distributions.Beta(alpha, alpha)
        if kind == "mixup":
            return beta.sample().item(), torch.randperm(batch), []
        perm, lam = torch.randperm(batch), beta.sample().item()
        return lam, perm, [int(torch.randint(side, (1,))) for side in (width, height)]


def check_multiview(case: Case, report: Report) -> None:
    """Scores over views, predictions and accuracies."""
    meta = case.meta
    logits, labels = torch.from_numpy(case.array("view_logits")), case.array("labels")
    report.check("N,views,K", "exact", [meta["N"], meta["views"], meta["K"]], list(logits.shape))
    mean = average_views(logits)
    report.compare("score_mean", "scores", case.array("score_mean"), mean)
    report.compare("score_sum", "scores", case.array("score_sum"), mean * logits.shape[1])
    scores = mean.numpy()
    report.check("pred_top1", "exact", case.array("pred_top1"), scores.argmax(1))
    report.check("pred_top5", "exact", case.array("pred_top5"), mean.topk(5).indices)
    by_logits = logits.mean(1).argmax(1).numpy()
    report.check("pred_top1_if_logits_were_averaged", "exact", case.array("pred_top1_if_logits_were_averaged"), by_logits)
    report.check(
        "n_disagree_with_logit_average", "exact", meta["n_disagree_with_logit_average"], int((by_logits != scores.argmax(1)).sum())
    )
    even = len(labels) // 2 * 2
    for k in (1, 5):
        report.compare(f"top{k}_all", "acc", meta[f"top{k}_all"], 100 * topk_accuracy(scores, labels, k))
        dropped = np.float32(100) * np.float32(topk_accuracy(scores[:even], labels[:even], k))  # the release averages in float32
        report.compare(f"top{k}_batch2_droplast", "acc", meta[f"top{k}_batch2_droplast"], dropped)
