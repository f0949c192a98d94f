"""What makes a config small enough for the pages' commands."""

from shrink import shrink


def small_options(config):
    """Return what `tests/configs/shrink.py` says; stores keep as many epochs as the pages dump."""
    return {key: value for key, value in shrink(config).items() if not key.endswith("sampler.recur")}
