"""Errors that are the user's to mend: the command lines print them without a traceback."""


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
