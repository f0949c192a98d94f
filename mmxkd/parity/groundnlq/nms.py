"""Kind ``nms``: suppression and voting of whole answers, and the raw routines."""

import re
from typing import Any

import numpy as np

from mmxkd.models.grounding.decoding import Moments, PostProcess
from mmxkd.models.grounding.nms import hard_nms, soft_nms
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

#: How the published routine numbers what an overlap does to a score.
_DECAYS = ("hard", "linear", "gaussian")


def check_nms(case: Case, report: Report) -> None:
    """Compare all proposal sets under all settings."""
    for name, shape in case.meta["sets"].items():
        moments = Moments(*(case.array(f"in.{name}.{field}") for field in ("segments", "scores", "labels")))
        report.check(f"in.{name}.n", "exact", shape["n"], len(moments.scores))
        for variant, settings in case.meta["variants"].items():
            _check_answer(case, report, f"{name}.{variant}", moments, settings)
        _check_routines(case, report, name, moments)


def _check_answer(case: Case, report: Report, key: str, moments: Moments, settings: dict[str, Any]) -> None:
    process = PostProcess(
        nms="soft" if settings["use_soft_nms"] else "hard",
        iou_threshold=settings["iou_threshold"],
        sigma=settings["sigma"],
        min_score=settings["min_score"],
        max_windows=settings["max_seg_num"],
        multiclass=settings["multiclass"],
        voting_thresh=settings["voting_thresh"],
    )
    answer = process.suppress(moments)
    votes = not settings["multiclass"] and settings["voting_thresh"] > 0
    report.compare(f"{key}.segments", "voted_segments" if votes else "order", case.array(f"{key}.segments"), answer.windows)
    report.compare(f"{key}.scores", "scores", case.array(f"{key}.scores"), answer.scores)
    report.compare(f"{key}.labels", "order", case.array(f"{key}.labels"), answer.labels)
    recorded = case.meta["result"][key]
    report.check(f"{key}.n", "exact", recorded["n"], len(answer.scores))
    if recorded.get("min_score_gap") is not None and len(answer.scores) > 1:
        report.compare(f"{key}.min_score_gap", "scores", recorded["min_score_gap"], np.min(-np.diff(answer.scores)))


def _check_routines(case: Case, report: Report, name: str, moments: Moments) -> None:
    settings = case.meta["op"]["soft"]
    for key in [key for key in case.arrays if key.startswith(f"op.{name}.") and key.endswith(".inds")]:
        kind = re.fullmatch(r"(soft|hard)(.+)\.inds", key.removeprefix(f"op.{name}."))
        assert kind is not None
        if kind[1] == "hard":
            report.compare(key, "order", case.array(key), hard_nms(moments.windows, moments.scores, float(kind[2])))
            continue
        index, scores = soft_nms(
            moments.windows,
            moments.scores,
            settings["sigma"],
            settings["min_score"],
            decay=_DECAYS[int(kind[2])],
            iou_threshold=settings["iou_threshold"],
        )
        report.compare(key, "order", case.array(key), index)
        table = np.column_stack([moments.windows[index], scores])
        report.compare(key.replace("inds", "dets"), "scores", case.array(key.replace("inds", "dets")), table)
