"""Convert official checkpoint files."""

import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import torch

from mmxkd.convert import CONVERTERS
from mmxkd.convert.reading import read_checkpoint
from mmxkd.errors import ConfigError


def convert_file(system: str, source: str, target: str, allow_pickle: bool = False, ema: bool = False) -> Iterator[str]:
    """Convert ``source`` with the converter of ``system``, write ``target``, and yield the lines to report.

    ``ema`` takes the running average of the weights where the system's files hold one.

    Raises:
        DataError: the file is unreadable or not of that system.
        ConfigError: ``ema`` for a system whose files hold no average.
    """
    converter = CONVERTERS[system]
    if ema and "ema" not in inspect.signature(converter).parameters:
        raise ConfigError(f"--ema: checkpoints of {system!r} hold no running average of the weights")
    options = {"ema": True} if ema else {}
    conversion = converter(read_checkpoint(source, allow_pickle), **options)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": conversion.state_dict, "meta": {"converted_from": system}}, target)
    yield f"{target}: {len(conversion.state_dict)} tensors, {sum(t.numel() for t in conversion.state_dict.values()):,} parameters"
    for reason, group in groupby(sorted(conversion.dropped.items(), key=lambda item: item[1]), key=lambda item: item[1]):
        yield f"dropped ({reason}): {', '.join(key for key, _ in group)}"
