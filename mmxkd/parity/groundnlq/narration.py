"""Kind ``narration``: EgoClip's table and the training annotations -> narration list."""

import json

from mmxkd.datasets.grounding.narrations import collect_clips, narrations_to_queries, parse_table
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report


def check_narration(case: Case, report: Report) -> None:
    """The rows of the list, field by field."""
    meta = case.meta
    clips = collect_clips((key, meta[key]) for key in ("nlq_train", "moments_train", "vq_train"))
    rows = [(number, list(map(str, row))) for number, row in enumerate(meta["egoclip_rows"], 2)]
    narrations, bad = parse_table(meta["columns"], rows, case.stem)
    report.compare("unread_lines", "all", 0, len(bad))
    queries, _ = narrations_to_queries(clips, narrations, edges="exclude")
    report.compare("number", "all", len(meta["expected"]), len(queries))
    for number, (want, query) in enumerate(zip(meta["expected"], queries, strict=False)):
        got = json.loads(json.dumps(query.to_json()))
        report.compare(f"{number}.fields", "all", sorted(want), sorted(got))
        for key in want:
            report.compare(f"{number}.{key}", "all", want[key], got.get(key))
