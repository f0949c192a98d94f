"""Kinds ``model``, ``flag_sweep`` and ``inflation``."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.checkpoints import read_file
from mmxkd.convert.dvfl import convert_focalnet2d, to_official_key, to_our_key
from mmxkd.models.initializers import load_pretrained
from mmxkd.models.recognizers.video_recognizer import VideoRecognizer
from mmxkd.parity.case import Case
from mmxkd.parity.dvfl.build import build_recognizer, clips_of, load_official, to_frames, to_series, to_tokens
from mmxkd.parity.report import Report
from mmxkd.structures import DataSample

# A float64 evaluation leaves only the recorded numbers' own rounding: the recorded difference must come out again.
_FLOAT64_BAR = {"rtol": 1e-2}
_STATISTIC_BAR = {"rtol": 1e-4}


def check_model(case: Case, report: Report) -> None:
    """Outputs of every stage, maps, training loss and gradients of one model."""
    model = load_official(build_recognizer(case.meta["hyperparameters"]), case.checkpoint())
    clips = clips_of(case.array("x"))
    report.check("num_params", "exact", case.meta["num_params"], sum(p.numel() for p in model.parameters()))
    with torch.no_grad():
        outputs = model.eval().extract(clips, None, model.available())
        exact = model.double().extract(clips.double(), None, {"logits"})["logits"]
    model.float()
    for key, family, value in _published_outputs(model, outputs):
        if case.has(key):
            report.compare(key, family, case.array(key), value)
    recorded = case.array("logits").astype(np.float64)
    report.check(
        "float64_logit_maxdiff", _FLOAT64_BAR, case.meta["float64_logit_maxdiff"], (exact - torch.from_numpy(recorded)).abs().max()
    )
    report.check("logit_std", _STATISTIC_BAR, case.meta["logit_std"], float(recorded.std(ddof=1)))
    _check_training(case, report, model, clips)


def _published_outputs(model: VideoRecognizer, outputs: dict[str, Tensor]) -> list[tuple[str, str, Tensor]]:
    """Return (recorded key, bar family, our value in the published layout)."""
    stages = model.backbone.num_stages
    rows = [("patch_embed", "features", to_tokens(outputs["embed1"]))]
    for i in range(stages):
        leaving = outputs[f"stage{i + 1}"] if i == stages - 1 else outputs[f"embed{i + 2}"]
        spatial, temporal, product = (outputs[f"modulator{kind}/{i + 1}"] for kind in ("_spatial", "_temporal", ""))
        rows += [
            (f"stage{i}_blocks", "features", to_tokens(outputs[f"stage{i + 1}"])),
            (f"stage{i}_out", "features", to_tokens(leaving)),
            (f"modulator_s{i}", "modulator", to_frames(spatial)),
            (f"modulator_temporal_s{i}", "modulator", to_frames(temporal)),
            (f"gates_s{i}", "modulator", to_frames(outputs[f"gates_spatial/{i + 1}"])),
            (f"gates_temporal_s{i}", "modulator", to_series(outputs[f"gates_temporal/{i + 1}"])),
            (f"modmap_spatial_s{i}", "modulator", to_frames(spatial).norm(dim=1)),
            (f"modmap_temporal_s{i}", "modulator", to_frames(temporal).norm(dim=1)),
            (f"modmap_product_s{i}", "modulator", to_frames(product).norm(dim=1)),
        ]
    return [*rows, ("clip_feature", "features", outputs["feat"]), ("logits", "logits", outputs["logits"])]


def _check_training(case: Case, report: Report, model: VideoRecognizer, clips: Tensor) -> None:
    samples = [DataSample(gt_label=torch.tensor(label)) for label in case.array("labels")]
    model.train().zero_grad()
    outputs = model.extract(clips, samples, {"logits"})
    loss = model.loss_from(outputs, samples)["loss_cls"]
    loss.backward()
    report.compare("logits_train", "logits", case.array("logits_train"), outputs["logits"])
    report.compare("ce_loss", "logits", case.array("ce_loss"), loss)
    grads = {to_official_key(name): parameter.grad for name, parameter in model.named_parameters()}
    for key in case.arrays:
        if key.startswith("grad__"):
            report.compare(key, "grads", case.array(key), grads[key.removeprefix("grad__")])
    norms = {name: grad.norm() for name, grad in grads.items()}
    report.check("grad_norms/keys", "exact", sorted(case.meta["grad_norms"]), sorted(norms))
    for name, expected in case.meta["grad_norms"].items():
        report.compare(f"grad_norms/{name}", "grads", expected, norms[name])
    report.compare("grad_norm_total", "grads", case.meta["grad_norm_total"], torch.stack(list(norms.values())).norm())


def check_flag_sweep(case: Case, report: Report) -> None:
    """One constructor option at a time."""
    checkpoints = case.checkpoint()
    clips = clips_of(case.array("x"))
    report.check("variants", "exact", sorted(checkpoints), sorted(case.meta["variants"]))
    for name, hyperparameters in case.meta["variants"].items():
        model = load_official(build_recognizer(hyperparameters), checkpoints[name]).eval()
        with torch.no_grad():
            outputs = model.extract(clips, None, {"logits", "feat"})
        report.compare(f"{name}/logits", "logits", case.array(f"{name}__logits"), outputs["logits"])
        report.compare(f"{name}/clip_feature", "logits", case.array(f"{name}__clip_feature"), outputs["feat"])


def check_inflation(case: Case, report: Report) -> None:
    """ImageNet weights into video models: which keys go where, and what the result computes."""
    image_state = read_file(case.path.with_name(f"{case.stem}_2d.ckpt.pth"))
    _check_image_model(case, report, image_state)
    fresh = case.checkpoint()
    for name, settings in case.meta["cases"].items():
        model = build_recognizer(settings["hyperparameters"])
        outcome = load_pretrained(model, convert_focalnet2d(image_state).state_dict, reset_head=True)
        heads = [key for key in outcome.missing if key.startswith("head.")]
        temporal = [key for key in outcome.missing if not key.startswith("head.")]
        for field, ours in (("copied_keys", outcome.copied), ("reinitialised_keys", heads), ("missing_keys", temporal)):
            report.check(f"{name}/{field}", "exact", sorted(settings[field]), sorted(map(to_official_key, ours)))
        report.check(f"{name}/kept_keys", "exact", sorted(settings["kept_keys"]), sorted(map(to_official_key, temporal)))
        report.check(f"{name}/unexpected_keys", "exact", sorted(settings["unexpected_keys"]), sorted(map(to_official_key, outcome.dropped)))
        _check_fresh_head(report, name, settings)
        rest = {to_our_key(key): value for key, value in fresh[name]["model"].items()}
        report.check(f"{name}/fresh_keys", "exact", sorted(rest), sorted(outcome.missing))
        model.load_state_dict(rest, strict=False)
        report.compare(
            f"{name}/patch_embed_weight", "weights", case.array(f"{name}__patch_embed_weight"), model.backbone.patch_embed.proj.weight
        )
        with torch.no_grad():
            outputs = model.eval().extract(clips_of(case.array(f"{name}__x")), None, {"feat", "embed2"})
        report.compare(f"{name}/clip_feature", "clip_feature", case.array(f"{name}__clip_feature"), outputs["feat"])
        report.compare(f"{name}/stage0_out", "clip_feature", case.array(f"{name}__stage0_out"), to_tokens(outputs["embed2"]))


def _check_image_model(case: Case, report: Report, image_state: dict[str, Any]) -> None:
    """The 2-D network is ours with a temporal modulator of one."""
    model = build_recognizer({**case.meta["focalnet_2d"], "num_frames": 1})
    load_pretrained(model, convert_focalnet2d(image_state).state_dict, reset_head=True)
    with torch.no_grad():
        model.head.fc.weight.copy_(image_state["model"]["head.weight"])
        model.head.fc.bias.copy_(image_state["model"]["head.bias"])
        for name, parameter in model.named_parameters():
            if ".h_temporal." in name:
                parameter.fill_(float(name.endswith("bias")))
        image = torch.from_numpy(case.array("x2d")).unsqueeze(2).unsqueeze(1)
        report.compare("logits2d", "clip_feature", case.array("logits2d"), model.eval()(image))


def _check_fresh_head(report: Report, name: str, settings: dict[str, Any]) -> None:
    """A fresh head is noise of standard deviation 0.02; a recorded draw must lie within four standard errors of it."""
    hyperparameters = settings["hyperparameters"]
    rows, columns = hyperparameters["num_classes"], hyperparameters["embed_dim"] * 2 ** (len(hyperparameters["depths"]) - 1)
    for field, size in (("weight_std", rows * columns), ("bias_std", rows)):
        bar = {"atol": 4 * 0.02 / np.sqrt(2 * size)}
        report.check(f"{name}/head_after/{field}", bar, settings["head_after"][field], 0.02)
