"""Kind ``evaluator``: recalls and IoUs of recorded predictions, Ego4D's layout and the flat one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmxkd.evaluation.grounding import align_predictions, match_windows, pad_windows, recall_at
from mmxkd.evaluation.nlq_files import truth_of_nlq
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

# What the in-training evaluator looks at (fact sheet section 7).
_TOPK, _THRESHOLDS = (1, 5, 10), (0.3, 0.5)


def check_evaluator(case: Case, report: Report) -> None:
    """In-training and official figures, those of a part of the predictions, and the flat variant."""
    meta, expected = case.meta, case.meta["expected"]
    truth, _ = truth_of_nlq(meta["ground_truth"], "ground_truth")
    ious = _ious(meta["predictions"], truth)
    report.compare("num_predictions", "all", expected["num_predictions"], len(ious))
    report.compare("num_gt_queries_counted", "all", expected["num_gt_queries_counted"], len(truth))
    key = "recall_fraction_rows_iou_0p3_0p5_cols_top_1_5_10"
    report.compare(key, "all", expected[key], recall_at(ious, _TOPK, _THRESHOLDS))
    official = expected["official"]
    table = recall_at(ious, official["topk"], official["thresholds"])
    report.compare("official.recall", "all", official["recall_rows_threshold_cols_topk"], table)
    report.compare("official.iou_of_first", "all", official["iou_of_first"], ious[:, 0])
    report.compare("official.mean_iou_of_first", "all", official["mean_iou_of_first"], float(np.mean(ious[:, 0])))
    half = _ious(meta["predictions"][::2], truth)
    report.compare("only_every_second_prediction", "all", expected["only_every_second_prediction"], recall_at(half, _TOPK, _THRESHOLDS))
    flat = meta["flat_variant"]
    ious = _ious(flat["predictions"], {row["query_id"]: [row["timestamps"]] for row in flat["ground_truth"]})
    # The flat evaluator of the release averages in float32 and lays its table out the other way round.
    table = recall_at(ious, _TOPK, _THRESHOLDS).T.astype(np.float32)
    report.compare("flat_variant", "all", flat["recall_rows_top_1_5_10_cols_iou_0p3_0p5"], table)


def _ious(rows: Sequence[dict[str, Any]], truth: dict[str, Any]) -> np.ndarray:
    predicted, windows, _ = align_predictions(rows, truth, missing="ignore")
    return match_windows(pad_windows(predicted), pad_windows(windows), degenerate=np.nan)
