"""A config made small, with everything it reads where it expects it."""

from pathlib import Path
from typing import Any

from miniature import write_data, write_weights
from shrink import shrink

from mmxkd.apis.configs import load_config
from mmxkd.apis.teacher_store import dump_store


def prepare(path: str) -> dict[str, Any]:
    """Write the data and weights of a config into the working directory; return the options that make it small."""
    options = shrink(load_config(path))
    config = load_config(path, options)
    write_data(config)
    write_weights(config)
    if path.endswith("_stored.py") and not Path(config.model.teacher.store).exists():
        _dump_replayed(path.replace("_stored.py", ".py"), config.model.teacher.store)
    return options


def _dump_replayed(online: str, store: str) -> None:
    """Ask the teacher of the config that the stored one inherits from about the views of one epoch."""
    options = shrink(load_config(online))
    write_weights(load_config(online, options))
    dump_store(online, out=store, epochs=1, options=options)
