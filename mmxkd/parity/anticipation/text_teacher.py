"""Text teachers: features, logits, losses, class weights, the stored predictions, and five training steps."""

import ast
import re
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmxkd.convert.text_teacher import POSITIONS, convert_text_teacher, to_official_key
from mmxkd.engine.optim.decay_by_name import DecayByNameConstructor, split_by_name
from mmxkd.evaluation.anticipation import mean_class_present
from mmxkd.evaluation.recognition import topk_accuracy
from mmxkd.models.language.class_weights import balanced_class_weights
from mmxkd.models.language.pretrained import encoder_weights
from mmxkd.models.language.text_anticipator import TextAnticipator
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample

#: Columns of padding behind the longest text of a training batch, and samples per batch, as the release has and the case was made.
_EXTRA, _BATCH = 3, 4
_TASKS = {"action": "logits", "verb": "logits/verb", "noun": "logits/noun"}


def check_teacher(case: Case, report: Report) -> None:
    """Check one encoder from its checkpoints: forward, losses, gradients, per-uid means, trajectories."""
    texts, samples = _samples(case, report)
    model = _build(case).eval()
    _check_forward(case, report, model, texts, samples)
    _check_losses(case, report, model, texts, samples)
    _check_class_weights(case, report)
    _check_weighted(case, report, texts, samples)
    _check_groups(case, report, model)
    _check_start(case, report, model)
    optimizer = case.meta["optimizer"]
    shared = {"lr": optimizer["lr"], "eps": optimizer["eps"], "weight_decay": optimizer["weight_decay"]}
    _check_trajectory(case, report, "traj/loss", {"type": "HFAdamW", **shared}, texts, samples)
    trained = _check_trajectory(case, report, "traj/loss_torch_adamw", {"type": "AdamW", **shared}, texts, samples)
    # The final weights recorded are those of the second run: under eps = 1e-8 the two formulas part where a first gradient is tiny.
    for name in ("weight", "bias"):
        key = f"traj/final_out_action.{name}"
        report.compare(key, "traj", case.array(key), getattr(trained.out_action, name))


def _build(case: Case, multi_task: bool = True, weigh_classes: bool = False) -> TextAnticipator:
    """Build the case's model through the registry, with the weights of its converted checkpoint."""
    meta, classes = case.meta, case.meta["num_classes"]
    config = {
        "type": "TextAnticipator",
        "encoder": {"config": meta["hf_config"]},
        "num_classes": classes["action"],
        "num_verbs": classes["verb"],
        "num_nouns": classes["noun"],
        "multi_task": meta["multi_task_weights"] if multi_task else None,
        "weigh_classes": weigh_classes,
        "data_preprocessor": {"type": "TextPreprocessor", "pad_id": meta["hf_config"]["pad_token_id"], "extra": _EXTRA},
    }
    config["data_preprocessor"]["max_len"] = case.arrays["in/input_ids"].shape[1]
    model = MODELS.build(config)
    weights = convert_text_teacher(case.checkpoint()).state_dict
    model.load_state_dict(weights if multi_task else {key: value for key, value in weights.items() if key in model.state_dict()})
    return model


def _samples(case: Case, report: Report) -> tuple[list[Tensor], list[DataSample]]:
    """Return the recorded texts without padding and their samples; check uids and targets against the records."""
    ids, mask = torch.from_numpy(case.array("in/input_ids")), torch.from_numpy(case.array("in/attention_mask"))
    labels = {part: torch.from_numpy(case.array(f"in/label_{part}")) for part in _TASKS}
    uids = case.array("in/uid")
    expanded = [record for record in case.meta["records"] for _ in record["history"]]
    report.check("in/uid", "exact", uids, [record["uid"] for record in expanded])
    report.check("in/label_action", "exact", labels["action"].numpy(), [record["target"] for record in expanded])
    samples = [
        DataSample(
            metainfo={"uid": str(uid), "index": index},
            gt_label=labels["action"][index],
            gt_verb=labels["verb"][index],
            gt_noun=labels["noun"][index],
        )
        for index, uid in enumerate(uids)
    ]
    return [row[keep.bool()] for row, keep in zip(ids, mask, strict=True)], samples


def _batch(model: TextAnticipator, texts: list[Tensor]) -> dict[str, Tensor]:
    return model.data_preprocessor({"inputs": texts, "data_samples": None})["inputs"]


def _check_forward(case: Case, report: Report, model: TextAnticipator, texts: list[Tensor], samples: list[DataSample]) -> None:
    with torch.no_grad():
        outputs = model.extract(_batch(model, texts), samples, {*_TASKS.values(), "feat"})
    for part, key in _TASKS.items():
        report.compare(f"eval/logit_{part}", "forward", case.array(f"eval/logit_{part}"), outputs[key])
    report.compare("eval/LM_feat", "forward", case.array("eval/LM_feat"), outputs["feat"])
    uids = [sample.uid for sample in samples]
    order = list(dict.fromkeys(uids))
    report.check("dump/uid", "exact", case.array("dump/uid"), [int(uid) for uid in order])
    for name, key in (("logit_action", "logits"), ("LM_feat", "feat")):
        means = torch.stack([outputs[key][[other == uid for other in uids]].mean(0) for uid in order])
        report.compare(f"dump/{name}", "forward", case.array(f"dump/{name}"), means[..., None])
    _check_printed(case, report, outputs["logits"].numpy())


def _check_printed(case: Case, report: Report, logits: np.ndarray) -> None:
    """Hold our metrics to the lines the release printed."""
    labels, text = case.array("in/label_action"), case.meta["printed"]
    topk = ast.literal_eval(re.search(r"Top K accuracy :: (\{.*\})", text)[1])  # type: ignore[index]
    for k, expected in topk.items():
        report.check(f"printed/top{k}", {"atol": 1e-9}, expected, topk_accuracy(logits, labels, min(k, logits.shape[1])))
    mean = float(re.search(r"Class mean accuracy :: ([\d.e-]+)", text, re.IGNORECASE)[1])  # type: ignore[index]
    report.check("printed/mean_class", {"atol": 1e-9}, mean, mean_class_present(logits, labels))


def _check_losses(case: Case, report: Report, model: TextAnticipator, texts: list[Tensor], samples: list[DataSample]) -> None:
    model.zero_grad()
    losses = model.loss_from(model.extract(_batch(model, texts), samples, model.loss_keys), samples)
    for weight, part in zip(model.task_weights, _TASKS, strict=True):
        report.compare(f"loss/{part}", "loss", case.array(f"loss/{part}"), losses[f"loss_{part}"] / weight)
    total = sum(losses.values(), torch.zeros(()))
    report.compare("loss/total_multi_task", "loss", case.array("loss/total_multi_task"), total)
    total.backward()
    grads = {to_official_key(name): parameter.grad for name, parameter in model.named_parameters()}
    for key in case.arrays:
        name = key.removeprefix("grad_norm/")
        if name == key:
            continue
        if grads.get(name) is None:
            report.fail(key, "we have no gradient of that name")
        else:
            report.compare(key, "grad", case.array(key), grads[name].norm())  # type: ignore[union-attr]


def _check_class_weights(case: Case, report: Report) -> None:
    """The weights follow from the records, one vote each, not from the samples."""
    by_uid = {int(uid): index for index, uid in reversed(list(enumerate(case.array("in/uid"))))}
    rows = [by_uid[record["uid"]] for record in case.meta["records"]]
    for part, count in case.meta["num_classes"].items():
        key = f"class_weight/{part}/classes"
        if not case.has(key):
            continue
        counts = torch.from_numpy(np.bincount(case.array(f"in/label_{part}")[rows], minlength=count))
        present = torch.nonzero(counts)[:, 0]
        report.check(key, "exact", case.array(key), present)
        weights = balanced_class_weights(counts)[present]
        report.compare(f"f64_class_weight/{part}/weight", "loss", case.array(f"f64_class_weight/{part}/weight"), weights)


def _check_weighted(case: Case, report: Report, texts: list[Tensor], samples: list[DataSample]) -> None:
    """The weighted loss of the action head alone, under recorded weights."""
    if not case.has("loss/weighted_action"):
        return
    model = _build(case, multi_task=False, weigh_classes=True).eval()
    model.class_weights = {"logits": torch.from_numpy(case.array("loss/weighted_action_weight"))}
    with torch.no_grad():
        losses = model.loss_from(model.extract(_batch(model, texts), samples, model.loss_keys), samples)
    report.compare("loss/weighted_action", "loss", case.array("loss/weighted_action"), losses["loss_action"])


def _check_groups(case: Case, report: Report, model: TextAnticipator) -> None:
    """Sizes of the two groups; the layers of the published module that we do not build are counted by the same rule."""
    parts = case.meta["optimizer"]["no_decay_substrings"]
    decayed, kept = (len(group) for group in split_by_name(model, parts))
    for name, reason in convert_text_teacher(case.checkpoint()).dropped.items():
        if reason != POSITIONS:
            is_kept = any(part in name for part in parts)
            decayed, kept = decayed + (not is_kept), kept + is_kept
    report.check("optimizer/params_per_group", "exact", case.meta["optimizer"]["params_per_group"], [decayed, kept])


def _check_start(case: Case, report: Report, model: TextAnticipator) -> None:
    """The encoder of the converted language model fits ours, key by key and shape by shape."""
    weights = encoder_weights(convert_text_teacher(case.checkpoint("mlm.ckpt")).state_dict)
    expected, ours = (sorted([key, list(value.shape)] for key, value in state.items()) for state in (weights, model.encoder.state_dict()))
    report.check("mlm/encoder_keys", "exact", expected, ours)


def _check_trajectory(
    case: Case, report: Report, key: str, optimizer: dict[str, Any], texts: list[Tensor], samples: list[DataSample]
) -> TextAnticipator:
    model = _build(case).train()
    grouping = {"no_decay": case.meta["optimizer"]["no_decay_substrings"]}
    wrapper = DecayByNameConstructor({"type": "OptimWrapper", "optimizer": optimizer}, grouping)(model)
    losses, expected = [], case.array(key)
    for step in range(len(expected)):
        rows = [(_BATCH * step + place) % len(texts) for place in range(_BATCH)]
        chosen = [samples[row] for row in rows]
        outputs = model.extract(_batch(model, [texts[row] for row in rows]), chosen, model.loss_keys)
        loss = sum(model.loss_from(outputs, chosen).values(), torch.zeros(()))
        wrapper.update_params(loss)
        losses.append(loss.item())
    report.compare(key, "traj", expected, np.array(losses))
    return model
