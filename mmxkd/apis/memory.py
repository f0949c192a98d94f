"""Memory of a process: what a step frees is kept for the next one."""

import ctypes
import os
import sys

#: ``mallopt`` parameters of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT, _GROWTH = 1 << 30, 1 << 26
_CHOSEN_ELSEWHERE = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")


def keep_freed_memory() -> bool:
    """Have the C library keep freed blocks of up to 1 GiB instead of giving them back to the system; return whether it does now.

    By default glibc returns a large tensor's pages when the tensor dies, and every step of a training run on the CPU gets them anew,
    zeroed, page by page: 15 % of a distillation step of the puppet world (``benchmarks/freed_memory.py``). Nothing is done where another
    C library is at work, or where ``MALLOC_*``, ``GLIBC_TUNABLES`` or ``LD_PRELOAD`` say that the user has chosen.
    """
    if not sys.platform.startswith("linux") or any(name.startswith(_CHOSEN_ELSEWHERE) for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    values = {_MMAP_THRESHOLD: _KEPT, _TRIM_THRESHOLD: _KEPT, _TOP_PAD: _GROWTH}
    return 0 not in [mallopt(parameter, value) for parameter, value in values.items()]
