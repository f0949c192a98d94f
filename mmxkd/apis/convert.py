"""Convert official checkpoint files."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import torch

from mmxkd.convert import CONVERTERS
from mmxkd.convert.reading import read_checkpoint


def convert_file(system: str, source: str, target: str, allow_pickle: bool = False) -> Iterator[str]:
    """Convert ``source`` with the converter of ``system``, write ``target``, and yield the lines to report.

    Raises:
        DataError: the file is unreadable or not of that system.
    """
    conversion = CONVERTERS[system](read_checkpoint(source, allow_pickle))
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": conversion.state_dict, "meta": {"converted_from": system}}, target)
    yield f"{target}: {len(conversion.state_dict)} tensors, {sum(t.numel() for t in conversion.state_dict.values()):,} parameters"
    for reason, group in groupby(sorted(conversion.dropped.items(), key=lambda item: item[1]), key=lambda item: item[1]):
        yield f"dropped ({reason}): {', '.join(key for key, _ in group)}"
