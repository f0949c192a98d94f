"""Files that are there whole or not at all."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmxkd.errors import ResourceError

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@register_backend("atomic", force=True)
class AtomicBackend(LocalBackend):
    """MMEngine's local storage whose writes cannot be seen half done: ``backend_args=dict(backend='atomic')`` of a hook.

    A process killed while it writes leaves the former file (or none) and a ``.tmp`` that the next write replaces.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write ``obj`` to ``filepath``, creating its folder.

        Raises:
            ResourceError: the disk is full; the former file stays.
        """
        temporary = f"{filepath}.tmp"
        try:
            super().put(obj, temporary)
            os.replace(temporary, filepath)
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            with suppress(OSError):
                os.remove(temporary)
            raise ResourceError(
                f"{filepath}: no space left for {len(obj) / 1e6:.0f} MB; what was written before is whole. Free some space (or lower "
                "default_hooks.checkpoint.max_keep_ckpts) and go on with --resume"
            ) from None


def note_last_checkpoint(work_dir: str | Path, name: str) -> None:
    """Write the note by which ``--resume`` finds the checkpoint ``name`` in ``work_dir``, as MMEngine's ``CheckpointHook`` does."""
    AtomicBackend().put(str(Path(work_dir, name)).encode(), Path(work_dir, "last_checkpoint"))
