"""Recording groups: clips cut from one recording, which must not be split over training and testing."""

import re
from pathlib import PurePosixPath

_UCF_GROUP = re.compile(r"_g(\d+)_c\d+$")
# What HMDB51 appends to source and class: visible body part, camera motion, number of people, view, quality, clip number.
_HMDB_SUFFIX = re.compile(r"_[hulf]_(?:cm|nm)_np\d+_(?:fr|ba|le|ri)_(?:goo|med|bad)_\d+$")


def group_of(path: str) -> int | None:
    """Return the group number in a UCF file name (``v_<Class>_g07_c03`` -> 7), ``None`` where there is none.

    Groups are numbered within a class: group 7 of one class has nothing to do with group 7 of another.
    """
    match = _UCF_GROUP.search(PurePosixPath(path).stem)
    return int(match[1]) if match else None


def source_of(path: str) -> str | None:
    """Return the source video in an HMDB51 file name: what stands before ``_<class>_<properties>``, the class being the folder's.

    ``None`` where the name is not of that kind.
    """
    name, folder = PurePosixPath(path).stem, PurePosixPath(path).parent.name
    match = _HMDB_SUFFIX.search(name)
    if not match or not folder:
        return None
    return name[: match.start()].removesuffix(f"_{folder}")


def recording_group(path: str) -> str | None:
    """Return a name for the recording a clip was cut from, ``<class folder>/<group or source>``, or ``None`` if its name has none.

    For HMDB51 that is the unit its official splits keep together; a film may still give clips to several classes (``source_of``).
    """
    folder = PurePosixPath(path).parent.name
    number, source = group_of(path), source_of(path)
    if number is not None:
        return f"{folder}/g{number:02d}"
    return f"{folder}/{source}" if source is not None else None
