"""Kind ``ensemble``: several prediction files -> one, and its two helpers alone."""

from mmxkd.evaluation.nlq_files import CHALLENGE, VERSION
from mmxkd.evaluation.window_fusion import agree_on_first, fuse_windows, suppress_overlaps
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report


def check_ensemble(case: Case, report: Report) -> None:
    """Every query of the final file, the grouping of first windows, the suppression."""
    meta, expected = case.meta, case.meta["expected"]
    files = list(meta["inputs"].values())
    report.compare("version", "all", expected["version"], VERSION)
    report.compare("challenge", "all", expected["challenge"], CHALLENGE)
    report.compare("results", "all", len(expected["results"]), len(files[0]))
    for number, (want, *rows) in enumerate(zip(expected["results"], *files, strict=False)):
        for key in ("query_idx", "annotation_uid", "clip_uid"):
            report.compare(f"{number}.{key}", "all", want[key], rows[0][key])
        fused = fuse_windows([row["predicted_times"] for row in rows], published=True)
        report.compare(f"{number}.predicted_times", "all", want["predicted_times"], [window[:2] for window in fused])
    for number, row in enumerate(meta["top1_generator"]):
        proposals = agree_on_first(row["inputs"], merge_equal=True)
        report.compare(f"top1_generator.{number}", "all", row["expected"], [(s, e, mean, 0, total) for s, e, mean, total in proposals])
    for number, row in enumerate(meta["temporal_nms"]):
        kept = suppress_overlaps(row["inputs"], row["nms_thd"], row["max_after_nms"])
        report.compare(f"temporal_nms.{number}", "all", row["expected"], kept)
