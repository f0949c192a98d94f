"""Errors that are the user's to mend: the command lines print them without a traceback."""

import re

_NO_LIBRARY = (
    "OpenCV needs {}, which this machine lacks. Swap it for the build without a display: pip uninstall -y opencv-python "
    "opencv-contrib-python && pip install --no-deps opencv-contrib-python-headless; or install a display's libraries: "
    "apt-get install libgl1 libglib2.0-0"
)


def explain_import_error(error: ImportError) -> str | None:
    """Return what to do about an import of OpenCV that failed for want of a system library, ``None`` for other reasons."""
    missing = re.match(r"(lib[^\s:]+?)\.so[.\d]*: cannot open shared object file", str(error))
    return _NO_LIBRARY.format(missing[1]) if missing and (error.name == "cv2" or missing[1] == "libGL") else None


class UserError(Exception):
    """Something outside the code is wrong: a config value, a file, a data set.

    The message names the config key or file, the value seen, and what is accepted or how to prepare it.
    """


class ResourceError(UserError):
    """The machine ran out of something: disk, memory. The message says of what and what to do."""


class PreemptedError(UserError):
    """A signal stopped the run, everything is saved; not a failure, but not the end of training either."""


class ConfigError(UserError):
    """A config holds a key or a value that nothing accepts."""


class DataError(UserError):
    """A file handed in (list, video, checkpoint, label map) cannot be used as it is."""
