"""Checks of annotation lists: what is wrong with them, with their labels and with the videos they name."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from tqdm import tqdm

from mmxkd.datasets.groups import recording_group, source_of
from mmxkd.datasets.label_map import LabelMap, read_lines
from mmxkd.datasets.lint_labels import check_label_maps
from mmxkd.datasets.lists import VideoRecord, parse_line
from mmxkd.datasets.probe import Probe, probe_video
from mmxkd.errors import ConfigError


class Finding(NamedTuple):
    """One thing that is wrong: the video (as listed) or list it concerns, the kind, and a line of explanation."""

    file: str
    kind: str
    detail: str


class Report(NamedTuple):
    """Errors (the list should not be used) and warnings (it can, knowing this)."""

    errors: list[Finding]
    warnings: list[Finding]

    def to_dict(self) -> dict[str, list[dict[str, str]]]:
        """Return ``{'errors': [{'file', 'kind', 'detail'}, ...], 'warnings': [...]}``."""
        return {"errors": [item._asdict() for item in self.errors], "warnings": [item._asdict() for item in self.warnings]}

    def lines(self, per_kind: int = 10) -> Iterator[str]:
        """Yield the report as text, at most ``per_kind`` findings of a kind."""
        for level, findings in (("error", self.errors), ("warning", self.warnings)):
            kinds: dict[str, list[Finding]] = defaultdict(list)
            for finding in findings:
                kinds[finding.kind].append(finding)
            for kind, items in kinds.items():
                yield from (f"{level}: {kind}: {item.file}: {item.detail}" for item in items[:per_kind])
                if len(items) > per_kind:
                    yield f"{level}: {kind}: ... and {len(items) - per_kind} more"
        yield f"{len(self.errors)} errors, {len(self.warnings)} warnings"


def lint_lists(
    lists: Sequence[str], root: str | None = None, classes: str | None = None, reader: str = "decord", workers: int = 1
) -> Report:
    """Check one list, or a training and a test list against each other.

    Errors: ``bad_line``, ``label_range`` (outside 0..K-1), ``label_map_mismatch`` (see ``check_label_maps``), ``duplicate`` (within a
    list or over both), ``group_leak`` (a recording group in both lists), ``missing``, ``unreadable``, ``audio_only``, ``damaged``.
    Warnings: ``no_labels``, ``unused_label``, ``group_leak`` (a film in both lists, in different classes), ``one_frame``,
    ``mpeg4_b_frames`` (``has_mpeg4_b_frames``).

    Args:
        lists: One or two list files.
        root: Folder the paths start from; ``None`` leaves the videos alone.
        classes: Label map file (``LabelMap.from_file``).
        reader: The reader training will use; it must be able to read what PyAV can decode.
        workers: Processes that decode.

    Raises:
        ConfigError: A list, ``root`` or ``classes`` does not exist, or there are more than two lists.
        DataError: A list is no text file, or ``classes`` is no label map.
    """
    _check_arguments(lists, root, classes)
    report = Report([], [])
    parsed = {path: _parse(path, report) for path in dict.fromkeys(lists)}
    label_map = LabelMap.from_file(classes) if classes else None
    _check_range(parsed, label_map, report)
    report.errors.extend(Finding(file, "label_map_mismatch", detail) for file, detail in check_label_maps(parsed, label_map))
    _check_duplicates(parsed, report)
    if len(parsed) == 2:
        _check_groups(parsed, report)
    if root is not None:
        _check_videos(parsed, root, reader, workers, report)
    return report


def _check_arguments(lists: Sequence[str], root: str | None, classes: str | None) -> None:
    if not 1 <= len(lists) <= 2:
        raise ConfigError(f"{len(lists)} lists given; accepted: one, or a training and a test list")
    for path in (*lists, *([classes] if classes else [])):
        if not os.path.isfile(path):
            raise ConfigError(f"{path}: no such file")
    if root is not None and not os.path.isdir(root):
        raise ConfigError(f"--root {root}: no such folder")


def _parse(path: str, report: Report) -> list[VideoRecord]:
    records = []
    for number, text in enumerate(read_lines(path), 1):
        if text:
            records.append(parse_line(text, path, number, label_required=False))
    unlabelled = [record for record in records if record.label is None]
    if not records:
        report.errors.append(Finding(path, "bad_line", "the list is empty"))
    elif len(unlabelled) == len(records):
        report.warnings.append(Finding(path, "no_labels", f"none of its {len(records)} lines has a label"))
    else:
        for record in unlabelled:
            detail = f"{path}:{record.line}: neither `path label` nor `path,label` with an integer label"
            report.errors.append(Finding(record.path, "bad_line", detail))
        records = [record for record in records if record.label is not None]
    return records


def _check_range(parsed: dict[str, list[VideoRecord]], label_map: LabelMap | None, report: Report) -> None:
    used = {record.label for records in parsed.values() for record in records if record.label is not None}
    size = len(label_map) if label_map else max(used, default=-1) + 1
    accepted = f"0..{size - 1} ({size} classes of {label_map.source})" if label_map else "0 and up"
    for path, records in parsed.items():
        for record in records:
            if record.label is not None and not 0 <= record.label < size:
                detail = f"{path}:{record.line}: label {record.label}; accepted: {accepted}"
                report.errors.append(Finding(record.path, "label_range", detail))
    unused = sorted(set(range(size)) - used)
    if used and unused:
        shown = ", ".join(map(str, unused[:10])) + (", ..." if len(unused) > 10 else "")
        detail = f"{len(unused)} of the labels 0..{size - 1} belong to no video: {shown}"
        report.warnings.append(Finding(next(iter(parsed)), "unused_label", detail))


def _check_duplicates(parsed: dict[str, list[VideoRecord]], report: Report) -> None:
    seen: dict[str, str] = {}
    for path, records in parsed.items():
        for record in records:
            place = f"{path}:{record.line}"
            other = seen.setdefault(os.path.normpath(record.path), place)
            if other != place:
                report.errors.append(Finding(record.path, "duplicate", f"{place}: listed already in {other}"))


def _check_groups(parsed: dict[str, list[VideoRecord]], report: Report) -> None:
    (train_list, train), (_, test) = parsed.items()
    leaked_sources = set()
    for group, (ours, theirs) in _shared(train, test, recording_group).items():
        detail = f"recording group {group}: {len(theirs)} clips here, {len(ours)} in {train_list} (such as {ours[0].path})"
        report.errors.append(Finding(theirs[0].path, "group_leak", detail))
        leaked_sources.add(source_of(theirs[0].path))
    for source, (ours, theirs) in _shared(train, test, source_of).items():
        if source not in leaked_sources:
            detail = f"source video {source}, of another class: {len(theirs)} clips here, {len(ours)} in {train_list}"
            report.warnings.append(Finding(theirs[0].path, "group_leak", f"{detail} (such as {ours[0].path})"))


def _shared(
    train: list[VideoRecord], test: list[VideoRecord], key: Callable[[str], str | None]
) -> dict[str, tuple[list[VideoRecord], list[VideoRecord]]]:
    """Return the records of both lists by the keys that occur in both."""
    sides: tuple[dict[str, list[VideoRecord]], ...] = (defaultdict(list), defaultdict(list))
    for side, records in zip(sides, (train, test), strict=True):
        for record in records:
            name = key(record.path)
            if name is not None:
                side[name].append(record)
    return {name: (sides[0][name], sides[1][name]) for name in sides[1] if name in sides[0]}


def _check_videos(parsed: dict[str, list[VideoRecord]], root: str, reader: str, workers: int, report: Report) -> None:
    listed = list(dict.fromkeys(record.path for records in parsed.values() for record in records))
    files = [os.path.join(root, path) for path in listed]
    for path, probe in zip(listed, _probe_all(files, reader, workers), strict=True):
        if probe.kind:
            report.errors.append(Finding(path, probe.kind, probe.detail))
        elif probe.frames == 1:
            report.warnings.append(Finding(path, "one_frame", "the video has one frame"))
        if probe.mpeg4_b_frames:
            exact = "is decoded from its start" if path.lower().endswith(".avi") else "Decord returns wrong frames"
            detail = f"MPEG-4 Part 2 with B-frames: {exact}; copy it with tools/data/reencode.py"
            report.warnings.append(Finding(path, "mpeg4_b_frames", detail))


def _probe_all(files: list[str], reader: str, workers: int) -> Iterator[Probe]:
    probe, bar = partial(probe_video, reader=reader), partial(tqdm, total=len(files), desc="decoding", unit="video", disable=None)
    if workers <= 1:
        yield from bar(map(probe, files))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from bar(pool.map(probe, files, chunksize=4))
