"""Kind ``labels_decode``: points, targets, decoding and seconds."""

import torch

from mmxkd.models.grounding.assignment import assign_targets, make_points
from mmxkd.models.grounding.decoding import Moments, PostProcess
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

#: The pyramid of these cases halves from level to level.
_SCALE_FACTOR = 2


def check_labels_decode(case: Case, report: Report) -> None:
    """Compare the targets of every window set, then what made-up logits decode to."""
    meta = case.meta
    strides = [_SCALE_FACTOR**level for level in range(meta["levels"])]
    lengths = [meta["T"] // stride for stride in strides]
    points = torch.cat(make_points(lengths, strides, meta["regression_range"], "cpu"))
    report.check("points", "exact", case.array("points"), points)
    radius = meta["center_sample_radius"] if meta["center_sample"] == "radius" else None
    number = 0
    while case.has(f"in.segments.{number}"):
        windows, classes = (torch.from_numpy(case.array(f"in.{name}.{number}")) for name in ("segments", "one_hot"))
        report.check(f"num_classes.{number}", "exact", meta["num_classes"], classes.shape[1])
        scores, distances = assign_targets(points, windows, classes, radius)
        report.compare(f"cls.{number}", "cls", case.array(f"cls.{number}"), scores)
        report.compare(f"reg.{number}", "reg", case.array(f"reg.{number}"), distances)
        number += 1
    levels = range(meta["levels"])
    logits, offsets, masks = ([case.array(f"in.{name}.{level}") for level in levels] for name in ("logits", "offsets", "mask"))
    moments = None
    for name, settings in meta["decode_variants"].items():
        moments = PostProcess(**settings).decode(logits, offsets, masks, strides)
        _compare(case, report, f"dec.{name}", moments)
    for name, frame in meta["seconds"].items():
        assert moments is not None
        seconds = PostProcess(half_window_shift=True).to_seconds(moments.windows, **frame)
        report.compare(f"sec.{name}.segments", "seconds", case.array(f"sec.{name}.segments"), seconds)


def _compare(case: Case, report: Report, key: str, moments: Moments) -> None:
    for field, value in zip(("segments", "scores", "labels"), moments, strict=True):
        report.compare(f"{key}.{field}", "decode", case.array(f"{key}.{field}"), value)
