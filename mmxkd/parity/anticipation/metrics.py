"""Every published definition of anticipation metrics, on recorded logits."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from mmxkd.evaluation.anticipation import (
    average_duplicates,
    class_rates,
    many_shot_both,
    many_shot_either,
    mapped_topk_accuracy,
    marginal_scores,
    mean_class_all,
    mean_class_present,
    mean_topk_recall,
    softmax,
)
from mmxkd.evaluation.recognition import topk_accuracy, topk_hits
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

_NUMBER = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?")


def check_metrics(case: Case, report: Report) -> None:
    """Accuracies, class means, recalls over the lists, verbs and nouns: each as its own source defines it."""
    logits, target = case.array("logits"), case.array("target")
    parts = {name: case.array(f"action_{name}") for name in ("verb", "noun")}
    lists = _check_lists(case, report, parts)
    ours = _published_values(logits, target, lists, parts, case.meta)
    for key, expected in case.meta["expected"].items():
        if key not in ours:
            report.fail(key, "recorded, but nothing here computes it")
        else:
            _compare(report, key, expected, ours[key])
    _check_marginals(case, report, softmax(logits), parts)
    # Repeats and crops of a sample are averaged before anything is scored: three crops around the logits give the logits.
    rows = np.arange(len(target))
    crops = np.concatenate([logits - 1, logits, logits + 1])
    keys, averaged = average_duplicates(np.tile(rows, 3), crops)
    report.check("average_duplicates/keys", "exact", rows, keys)
    report.compare("average_duplicates/top1", "metric", topk_accuracy(logits, target, 1), topk_accuracy(averaged, target, 1))


def _check_lists(case: Case, report: Report, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    shot = case.array("many_shot_verbs"), case.array("many_shot_nouns")
    lists = {
        "many_or": many_shot_either(parts["verb"], parts["noun"], *shot),
        "many_and": many_shot_both(parts["verb"], parts["noun"], *shot),
    }
    for name, classes in lists.items():
        report.check(f"{name}/classes", "exact", np.sort(case.array(name.replace("many", "many_shot"))), classes)
    return lists


def _published_values(
    logits: np.ndarray, target: np.ndarray, lists: dict[str, np.ndarray], parts: dict[str, np.ndarray], meta: dict[str, Any]
) -> dict[str, Any]:
    """Return what the case records under ``expected``, computed here."""
    expected = meta["expected"]
    top1, top5 = (topk_accuracy(logits, target, k) for k in (1, 5))
    recalls = {name: mean_topk_recall(logits, target, 5, lists.get(name)) for name in ("all", *lists)}
    # With a many-shot list AVT scores top-1 and top-5 on the samples of that list alone, the class mean on all.
    of_list = np.isin(target, lists["many_or"])
    ks = [int(k) for k in re.findall(r"(\d+):", expected.get("teacher_compute_performance_printed", ""))]
    classes, rates = class_rates(topk_hits(logits, target, 5), target)
    probabilities = softmax(logits)
    count = meta["num_classes"]
    mapped = {}
    for name in expected.get("mapped_verb_noun", {}):
        k = int(name[1:])
        mapped[name] = {part: 100 * mapped_topk_accuracy(logits, of[target], of, k) for part, of in parts.items()}
        mapped[name]["action"] = 100 * topk_accuracy(logits, target, k)
    marginal = {
        part: [topk_accuracy(marginal_scores(probabilities, of, count[part], "index"), of[target], k) for k in (1, 5)]
        for part, of in parts.items()
    }
    return {
        "avt_train_accuracy_topk_1_to_10_percent": _logged_accuracies(logits, target, range(1, 11)),
        "avt_final": {
            "top1": 100 * top1,
            "top5": 100 * top5,
            "AR5": 100 * recalls["all"],
            "top1_meanOverClasses": 100 * mean_class_all(logits, target),
        },
        "avt_final_manyshot_or": {
            "top1": 100 * topk_accuracy(logits[of_list], target[of_list], 1),
            "top5": 100 * topk_accuracy(logits[of_list], target[of_list], 5),
            "AR5_manyshot": 100 * recalls["many_or"],
            "top1_meanOverClasses": 100 * mean_class_all(logits, target),
        },
        "MeanTopKRecallMeter_k5_percent": 100 * recalls["all"],
        "topk_recall_k5_fraction": recalls,
        "teacher_compute_performance_printed": [*(topk_accuracy(logits, target, k) for k in ks), mean_class_present(logits, target)],
        "notebook_metrics": {"Top_1_acc": top1, "top_5_acc": top5, "m_shot_cm_recall": recalls["many_and"]},
        "notebook_mean_class_accuracy": mean_class_present(logits, target),
        "notebook_per_class_recall": {str(c): float(r) for c, r in zip(classes, rates, strict=True) if c in lists["many_and"]},
        "mapped_verb_noun": mapped,
        "marginal_topk": {**marginal, "action": [top1, top5]},
    }


def _logged_accuracies(logits: np.ndarray, target: np.ndarray, ks: Iterable[int]) -> list[float]:
    """Return percentages as AVT's training log has them: the count times 100 / N, in single precision."""
    share = np.float32(100 / len(target))
    return [float(np.float32(topk_hits(logits, target, k).sum()) * share) for k in ks]


def _compare(report: Report, key: str, expected: Any, ours: Any) -> None:
    """Compare numbers, lists and dicts of them; of a recorded print-out the numbers in it."""
    if isinstance(expected, str):
        expected = [float(number) for number in _NUMBER.findall(expected)]
    if isinstance(expected, dict):
        report.check(f"{key}/keys", "exact", sorted(expected), sorted(ours))
        for name, value in expected.items():
            if name in ours:
                _compare(report, f"{key}/{name}", value, ours[name])
    else:
        report.compare(key, "metric", expected, ours)


def _check_marginals(case: Case, report: Report, probabilities: np.ndarray, parts: dict[str, np.ndarray]) -> None:
    for part, of in parts.items():
        for form, suffix in (("index", ""), ("matrix", "_matrix_form")):
            scores = marginal_scores(probabilities, of, case.meta["num_classes"][part], form)
            report.compare(f"marginal_{part}{suffix}", "marginal", case.array(f"marginal_{part}{suffix}"), scores)
