"""Which lines of a text file are kept."""

from collections.abc import Callable

from mmxkd.errors import ConfigError

_HEADING = " = "
_LEAST_WORDS = 5


def keep_plain(line: str) -> bool:
    """Return whether a line holds anything."""
    return bool(line.strip())


def keep_wiki(line: str) -> bool:
    """Return whether a line has at least five words between blanks."""
    return len(line.split()) >= _LEAST_WORDS


def keep_wiki103(line: str) -> bool:
    """Return whether a line is no heading `` = Title = `` and ``keep_wiki``."""
    return not line.startswith(_HEADING) and keep_wiki(line)


#: Rules by name. The release takes ``wiki103`` for paths that contain it, ``wiki`` for others with ``wiki`` in them, else ``plain``.
LINE_RULES: dict[str, Callable[[str], bool]] = {"plain": keep_plain, "wiki": keep_wiki, "wiki103": keep_wiki103}


def line_rule(name: str) -> Callable[[str], bool]:
    """Return the rule of that name; raises ``ConfigError`` naming the known ones.

    Source: airsplay/vokenization ``tokenization/``; fact sheet section 5. Case: vidlankd ``text_blocks``.
    """
    if name not in LINE_RULES:
        raise ConfigError(f"line rules {name!r}; accepted: {', '.join(LINE_RULES)}")
    return LINE_RULES[name]
