"""Kind ``glue``: metrics, features, classifier and a few training steps."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mmxkd.convert.vidlankd import convert_vidlankd
from mmxkd.datasets.language.glue_tasks import GLUE_TASKS, pair_features
from mmxkd.datasets.language.tokenizers import assemble_tokenizer
from mmxkd.evaluation.glue import glue_metrics
from mmxkd.models.language.text_classifier import TextClassifier
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.parity.vidlankd.build import Steps, bert_config
from mmxkd.parity.vidlankd.trajectory import run_steps
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

_FEATURE_TASK = "mnli"
#: The json has no bar of its own for norms and rates of the trajectory, which are stored in single precision.
_NORM_BAR, _RATE_BAR = {"rtol": 1e-3}, {"rtol": 1e-6}


def check_glue(case: Case, report: Report) -> None:
    """Ten tasks' metrics and labels, five examples' features, a classifier."""
    for task, expected in case.meta["metrics"].items():
        predictions, labels = case.array(f"m_{task}_pred"), case.array(f"m_{task}_label")
        ours = glue_metrics(task, predictions, labels)
        report.check(f"metrics/{task}/names", "exact", sorted(expected), sorted(ours))
        for name, value in expected.items():
            report.compare(f"metrics/{task}/{name}", "metric", value, ours.get(name))
    for task, expected in case.meta["labels"].items():
        report.check(f"labels/{task}", "exact", expected, list(GLUE_TASKS[task].labels) or [None])
        mode = "classification" if GLUE_TASKS[task].labels else "regression"
        report.check(f"output_modes/{task}", "exact", case.meta["output_modes"][task], mode)
    inputs = _check_features(case, report)
    _check_classifier(case, report, inputs)


def _check_features(case: Case, report: Report) -> dict[str, Tensor]:
    meta, tokenizer = case.meta, assemble_tokenizer("bert", case.meta["vocab"])
    length, cls, sep = meta["max_seq_length"], tokenizer.cls_token_id, tokenizer.sep_token_id
    report.check("max_len", "exact", meta["config"]["max_len"], length)
    rows: dict[str, list[list[int]]] = {"input_ids": [], "attention_mask": [], "token_type_ids": []}
    for first, second, _ in meta["examples"]:
        encoded = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in (first, second or "")]
        ids, types = pair_features(encoded[0], None if second is None else encoded[1], length, cls, sep)
        padding = [0] * (length - len(ids))
        for key, values in (("input_ids", ids), ("attention_mask", [1] * len(ids)), ("token_type_ids", types)):
            rows[key].append(values + padding)
    for key in rows:
        report.check(f"feat_{key}", "exact", case.array(f"feat_{key}"), rows[key])
    labels = [GLUE_TASKS[_FEATURE_TASK].labels.index(label) for _, _, label in meta["examples"]]
    report.check("feat_label", "exact", case.array("feat_label"), labels)
    return {key: torch.from_numpy(case.array(f"feat_{key}")) for key in rows}


def _build(case: Case, num_classes: int) -> TextClassifier:
    """Return the classifier with its official weights; of fewer classes, with the first rows of the head."""
    checkpoint = case.checkpoint()
    config = {**bert_config(case.meta["config"]), "vocab_size": len(case.meta["vocab"])}
    model = MODELS.build(dict(type="TextClassifier", encoder=dict(config=config), num_classes=num_classes, dropout=0.0))
    state = convert_vidlankd(checkpoint).state_dict
    model.load_state_dict({key: value[:num_classes] if key.startswith("head.") else value for key, value in state.items()})
    return model


def _loss(model: TextClassifier, inputs: Mapping[str, Tensor], samples: list[DataSample]) -> tuple[Tensor, Tensor]:
    outputs = model.extract(inputs, samples, {"logits"})
    return outputs["logits"], model.loss_from(outputs, samples)["loss_cls"]


def _check_classifier(case: Case, report: Report, inputs: dict[str, Tensor]) -> None:
    samples = [DataSample(gt_label=label) for label in torch.from_numpy(case.array("feat_label"))]
    values = [DataSample(gt_value=value) for value in torch.from_numpy(case.array("reg_labels"))]
    model = _build(case, len(GLUE_TASKS[_FEATURE_TASK].labels))
    with torch.no_grad():
        logits, loss = _loss(model.eval(), inputs, samples)
        predicted, error = _loss(_build(case, 1).eval(), inputs, values)
    report.compare("logits", "forward", case.array("logits"), logits)
    report.compare("loss", "forward", case.array("loss"), loss)
    report.compare("reg_logits", "forward", case.array("reg_logits"), predicted)
    report.compare("reg_loss", "forward", case.array("reg_loss"), error)
    _check_steps(case, report, model.train(), inputs, samples)


def _check_steps(case: Case, report: Report, model: TextClassifier, inputs: dict[str, Tensor], samples: list[DataSample]) -> None:
    settings: dict[str, Any] = case.meta["config"]["traj"]
    steps = Steps(model, settings, int(settings["total"] * settings["warmup_ratio"]))
    rows = run_steps(steps, lambda _: {"loss": _loss(model, inputs, samples)[1]}, settings["steps"], ("loss",))
    recorded = case.array("traj_loss_gradnorm_lr")
    report.compare("traj/loss", "traj_loss", recorded[:, 0], rows[:, 0])
    report.check("traj/grad_norm", report.bars.get("traj_grad_norm", _NORM_BAR), recorded[:, 1], rows[:, 1])
    report.check("traj/lr", _RATE_BAR, recorded[:, 2], rows[:, 2])
