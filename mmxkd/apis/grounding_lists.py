"""Making lists of queries from annotation files."""

from collections.abc import Sequence
from pathlib import Path

from mmxkd.datasets.grounding.ego4d import NlqReport, read_nlq
from mmxkd.datasets.grounding.narrations import CLIPS_WITHOUT_FEATURES, NarrationReport, collect_clips, narrations_to_queries, read_table
from mmxkd.datasets.grounding.queries import GroundingQuery, read_json, write_list
from mmxkd.datasets.label_map import read_lines
from mmxkd.errors import DataError


def prepare_nlq(annotations: Sequence[str | Path], out: str | Path) -> dict[str, NlqReport]:
    """Write one list of the queries of one or several annotation files; return what each file held.

    Raises:
        DataError: a file cannot be used, or two files share a query id.
    """
    queries: dict[str, GroundingQuery] = {}
    reports = {}
    for path in annotations:
        found, reports[str(path)] = read_nlq(path)
        for query in found:
            if query.query_id in queries:
                raise DataError(f"{path}: query id {query.query_id!r} is in a former file already")
            queries[query.query_id] = query
    write_list(out, queries.values())
    return reports


def prepare_narrations(
    table: str | Path,
    annotations: Sequence[str | Path],
    out: str | Path,
    *,
    edges: str = "exclude",
    without_features: str | Path | None = None,
) -> NarrationReport:
    """Write the narration list; return what became of the table's rows.

    Args:
        table: EgoClip's table.
        annotations: files whose clips are narrated, in this order.
        out: the list.
        edges: see ``narrations_to_queries``.
        without_features: a file of clips to leave out, one a line; default the three of the release.

    Raises:
        ConfigError, DataError: see ``narrations_to_queries`` and ``read_table``; no narration is left.
    """
    clips = collect_clips((str(path), read_json(path)) for path in annotations)
    rows, bad = read_table(table)
    removed = CLIPS_WITHOUT_FEATURES if without_features is None else tuple(read_lines(without_features))
    queries, report = narrations_to_queries(clips, rows, edges=edges, without_features=removed)
    report.bad_lines = bad
    if not queries:
        raise DataError(f"{table}: none of {len(rows)} narrations lies in one of {len(clips)} clips; {report}")
    write_list(out, queries)
    return report
