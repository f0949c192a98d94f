"""Run every case found."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from mmxkd.errors import DataError
from mmxkd.parity.case import Case, find_cases
from mmxkd.parity.report import Report, Row

Checker = Callable[[Case, Report], None]
SYSTEMS = ("anticipation", "dvfl", "groundnlq", "vidlankd")


def checker_of(case: Case) -> Checker | None:
    """Return the function that checks this system's kind: ``check_<kind>`` of ``mmxkd.parity.<system>``."""
    if case.meta["system"] not in SYSTEMS:
        return None
    return import_module(f"mmxkd.parity.{case.meta['system']}").CHECKERS.get(case.meta["kind"])


def check_case(case: Case, emit: Callable[[Row], None]) -> Report:
    """Compare everything a case records; whatever cannot be run or was left over counts as failed."""
    report = Report(case.stem, case.meta.get("bars", {}), emit)
    checker = checker_of(case)
    if checker is None:
        report.fail("kind", f"system {case.meta['system']!r} has no check for kind {case.meta['kind']!r}")
        return report
    try:
        checker(case, report)
    except Exception as error:  # whatever goes wrong in a case is that case's failure, not the end of the run
        report.fail("run", f"{type(error).__name__}: {error}")
        return report
    for key in case.unread():
        report.fail(key, "recorded, but nothing was compared with it")
    if not report.total:
        report.fail("quantities", "the case compares nothing")
    return report


def check_folder(folder: str | Path, system: str | None = None, emit: Callable[[Row], None] = print) -> tuple[int, int, int]:
    """Run all cases below a folder; return the numbers of cases, quantities and failures.

    Raises:
        DataError: no case there.
    """
    cases = find_cases(Path(folder), system)
    if not cases:
        raise DataError(f"{folder}: holds no numeric case" + (f" of system {system!r}" if system else ""))
    reports = [check_case(case, emit) for case in cases]
    return len(cases), sum(report.total for report in reports), sum(report.failed for report in reports)
