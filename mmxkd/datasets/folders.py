"""Folder trees in which each class has a folder."""

import os
from collections.abc import Iterator

from mmxkd.errors import DataError

VIDEO_SUFFIXES = frozenset({".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"})


def scan_class_folders(root: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Find the videos of a folder tree.

    Args:
        root: Folder whose sub-folders are the classes; videos may lie deeper in them. Hidden entries are passed over.

    Returns:
        Class name -> sorted paths relative to ``root`` with forward slashes; classes in byte order.

    Raises:
        DataError: ``root`` is no folder, has no class folders, or one of them holds no video.
    """
    if not os.path.isdir(root):
        raise DataError(f"{root}: no such folder")
    classes = {}
    for name in sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith(".")):
        classes[name] = sorted(_videos(root, name))
        if not classes[name]:
            raise DataError(
                f"{os.path.join(root, name)}: class folder without a video (suffixes looked for: {' '.join(sorted(VIDEO_SUFFIXES))})"
            )
    if not classes:
        raise DataError(f"{root}: holds no class folders")
    return classes


def find_videos(root: str | os.PathLike[str]) -> list[str]:
    """Return the videos anywhere below ``root``, as sorted relative paths with forward slashes.

    Raises:
        DataError: ``root`` is no folder or holds no video.
    """
    if not os.path.isdir(root):
        raise DataError(f"{root}: no such folder")
    found = sorted(path.removeprefix("./") for path in _videos(root, "."))
    if not found:
        raise DataError(f"{root}: holds no video (suffixes looked for: {' '.join(sorted(VIDEO_SUFFIXES))})")
    return found


def _videos(root: str | os.PathLike[str], name: str) -> Iterator[str]:
    """Yield the videos anywhere in the class folder ``name``, relative to ``root``."""
    for folder, _, files in os.walk(os.path.join(root, name)):
        prefix = os.path.relpath(folder, root).replace(os.sep, "/")
        for file in files:
            if os.path.splitext(file)[1].lower() in VIDEO_SUFFIXES and not file.startswith("."):
                yield f"{prefix}/{file}"
