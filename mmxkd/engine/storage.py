"""Files that are there whole or not at all."""

import os
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend


@register_backend("atomic", force=True)
class AtomicBackend(LocalBackend):
    """MMEngine's local storage whose writes cannot be seen half done: ``backend_args=dict(backend='atomic')`` of a hook.

    A process killed while it writes leaves the former file (or none) and a ``.tmp`` that the next write replaces.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write ``obj`` to ``filepath``, creating its folder."""
        temporary = f"{filepath}.tmp"
        super().put(obj, temporary)
        os.replace(temporary, filepath)
