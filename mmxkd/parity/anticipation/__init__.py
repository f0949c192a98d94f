"""Cases of text-derived anticipation; their kinds and contents are described in the fact sheet, section 12."""

from collections.abc import Callable

from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

CHECKERS: dict[str, Callable[[Case, Report], None]] = {}
