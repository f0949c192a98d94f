"""Kind ``model``: every block's output, losses, gradients and detections of one model."""

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from mmxkd.convert.groundnlq import to_official_layout
from mmxkd.models.base import Outputs
from mmxkd.models.grounding.assignment import make_points
from mmxkd.models.grounding.block import TransformerBlock
from mmxkd.models.grounding.decoding import Moments
from mmxkd.models.grounding.moment_localizer import MomentLocalizer
from mmxkd.parity.case import Case
from mmxkd.parity.groundnlq.build import build_localizer, features_of, labelled, post_process_of, silence_drop_path
from mmxkd.parity.report import Report
from mmxkd.structures import DataSample

_BLOCKS = {"vid_embd": "video_embed", "txt_embd": "text_embed", "txt_stem": "text_stem", "vid_stem": "video_stem", "branch": "pyramid"}


def check_model(case: Case, report: Report) -> None:
    """Compare a model in eval mode, its labels and losses, its gradients and what it detects."""
    meta = case.meta
    settings = meta["config"]["model"]
    model = build_localizer(settings, case.checkpoint())
    silence_drop_path(model)
    report.check("n_params", "exact", meta["n_params"], sum(parameter.numel() for parameter in model.parameters()))
    samples = [
        labelled(case.array(f"in.segments.{number}"), case.array(f"in.one_hot_labels.{number}"), uid=entry["query_id"], **entry)
        for number, entry in enumerate(meta["meta"])
    ]
    items = [features_of(case, "in.", number) for number in range(len(samples))]
    report.check("lens", "exact", meta["lens"], [item["video"].shape[1] for item in items])
    report.check("txt_lens", "exact", meta["txt_lens"], [item["text"].shape[1] for item in items])
    batch = model.data_preprocessor({"inputs": items, "data_samples": samples})["inputs"]
    _check_batch(case, report, batch)
    outputs = _check_forward(case, report, model.eval(), batch)
    _check_detections(case, report, model, outputs, samples)
    _check_labels(case, report, model, outputs, samples)
    _check_training(case, report, model.train(), batch, outputs, samples)


def _check_batch(case: Case, report: Report, batch: dict[str, Tensor]) -> None:
    report.check("prep.vid_shape", "exact", case.array("prep.vid_shape"), batch["video"].shape)
    report.check("prep.vid_mask", "exact", case.array("prep.vid_mask").tolist(), batch["video_mask"][:, None].tolist())
    report.check("prep.txt", "exact", case.array("prep.txt"), batch["text"])
    report.check("prep.txt_mask", "exact", case.array("prep.txt_mask").tolist(), batch["text_mask"][:, None].tolist())


def _check_forward(case: Case, report: Report, model: MomentLocalizer, batch: dict[str, Tensor]) -> Outputs:
    seen: dict[str, Tensor] = {}
    handles = [module.register_forward_hook(_recorder(seen, name)) for name, module in _observed(model)]
    with torch.no_grad():
        outputs = model.extract(batch, None, model.available())
        # The first video block runs in two halves, around what does not depend on the text; asked for as a whole here.
        if len(model.backbone.video_stem):
            encoding = model.backbone.encode_video(batch["video"], batch["video_mask"][:, None])
            text = model.backbone.encode_text(batch["text"], batch["text_mask"][:, None])
            first = cast(TransformerBlock, model.backbone.video_stem[0])
            seen["eval.vid_stem.0"] = first.attend_text(*encoding, *text)[0]
    for handle in handles:
        handle.remove()
    for key in case.arrays:
        if key.startswith("eval.") and key in seen:
            report.compare(key, "forward", case.array(key), seen[key])
    levels = range(len(model.strides))
    points = make_points([outputs[f"mask/{level}"].shape[1] for level in levels], model.strides, model.regression_ranges, "cpu")
    for level in levels:
        mask = outputs[f"mask/{level}"][:, None]
        report.check(f"eval.fpn_mask.{level}", "exact", case.array(f"eval.fpn_mask.{level}").tolist(), mask.tolist())
        report.compare(f"eval.cls_logits.{level}", "forward", case.array(f"eval.cls_logits.{level}"), outputs[f"cls/{level}"])
        report.compare(f"eval.offsets.{level}", "forward", case.array(f"eval.offsets.{level}"), outputs[f"reg/{level}"])
        report.check(f"points.{level}", "exact", case.array(f"points.{level}"), points[level])
    return outputs


def _observed(model: MomentLocalizer) -> list[tuple[str, nn.Module]]:
    """Return (recorded key, module); embeddings are recorded before norm and ReLU."""
    found: list[tuple[str, nn.Module]] = [(f"eval.fpn.{level}", module) for level, module in enumerate(model.neck)]
    for theirs, ours in _BLOCKS.items():
        for number, module in enumerate(model.backbone.get_submodule(ours).children()):
            found.append((f"eval.{theirs}.{number}", module.get_submodule("conv") if theirs.endswith("embd") else module))
    return found


def _recorder(seen: dict[str, Tensor], name: str) -> Any:
    def record(module: nn.Module, args: Any, output: Any) -> None:
        seen[name] = output[0] if isinstance(output, tuple) else output

    return record


def _check_detections(case: Case, report: Report, model: MomentLocalizer, outputs: Outputs, samples: list[DataSample]) -> None:
    for name, settings in case.meta["post"].items():
        model.post_process = post_process_of(settings)
        for number in range(len(samples)):
            _compare_moments(case, report, f"dec.{name}.{number}", model.candidates(outputs, number))
        for number, sample in enumerate(model.predict_from(outputs, [sample.clone() for sample in samples])):
            answer = Moments(sample.pred_windows.numpy(), sample.pred_scores.numpy(), sample.pred_labels.numpy())
            _compare_moments(case, report, f"det.{name}.{number}", answer)


def _compare_moments(case: Case, report: Report, key: str, moments: Moments) -> None:
    for field, value in zip(("segments", "scores", "labels"), moments, strict=True):
        report.compare(f"{key}.{field}", "detections", case.array(f"{key}.{field}"), value)


def _check_labels(case: Case, report: Report, model: MomentLocalizer, outputs: Outputs, samples: list[DataSample]) -> None:
    targets, boundaries = model.targets(outputs, samples)
    valid = torch.cat([outputs[f"mask/{level}"] for level in range(len(model.strides))], dim=1)
    report.check("num_pos", "exact", case.meta["num_pos"], int((valid & (targets.sum(-1) > 0)).sum()))
    for number in range(len(samples)):
        report.compare(f"label.cls.{number}", "cls", case.array(f"label.cls.{number}"), targets[number])
        report.compare(f"label.reg.{number}", "reg", case.array(f"label.reg.{number}"), boundaries[number])


def _check_training(
    case: Case, report: Report, model: MomentLocalizer, batch: dict[str, Tensor], evaluated: Outputs, samples: list[DataSample]
) -> None:
    outputs = model.extract(batch, samples, model.loss_keys)
    drift = max(float((outputs[key] - evaluated[key]).abs().max().detach()) for key in outputs if key.startswith("cls/"))
    report.compare("train_eval_logit_maxdiff", "forward", case.meta["train_eval_logit_maxdiff"], drift)
    losses = _check_losses(case, report, "loss", model, outputs, samples)
    losses.backward()
    grads = to_official_layout({name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None})
    norms = {name: grad.norm() for name, grad in grads.items()}
    report.check("grad_norms/keys", "exact", sorted(case.meta["grad_norms"]), sorted(norms))
    for name, expected in case.meta["grad_norms"].items():
        report.compare(name, "grad_norm", expected, norms[name])
    report.compare("grad_total_norm", "grad_norm", case.meta["grad_total_norm"], torch.stack(list(norms.values())).norm())
    report.check("full_grads", "exact", sorted(case.meta["full_grads"]), sorted(k[5:] for k in case.arrays if k.startswith("grad.")))
    for name in case.meta["full_grads"]:
        report.compare(f"grad.{name}", "grad_norm", case.array(f"grad.{name}"), grads[name])
    outputs = {key: value.detach() for key, value in outputs.items()}
    _check_losses(case, report, "loss_second_call", model, outputs, samples)
    empty = [labelled(np.zeros((0, 2))) for _ in samples]
    _check_losses(case, report, "loss_no_gt", model, outputs, empty)


def _check_losses(case: Case, report: Report, name: str, model: MomentLocalizer, outputs: Outputs, samples: list[DataSample]) -> Tensor:
    expected = case.meta[name]
    if "normalizer_before" in expected:
        report.compare(f"{name}/normalizer_before", "loss", expected["normalizer_before"], model.loss_norm)
    score, boundary = model.unweighted_losses(outputs, samples)
    losses = model.weighted(score, boundary)
    total = losses["loss_cls"] + losses["loss_reg"]
    ours = {"normalizer_after": model.loss_norm, "cls_loss": score, "reg_loss": boundary, "final_loss": total}
    for key, value in ours.items():
        report.compare(f"{name}/{key}", "loss", expected[key], value)
    return total
