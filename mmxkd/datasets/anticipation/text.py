"""From action classes to the text a language model reads (sayontang/Action_Anticipation, teacher/code)."""

from collections.abc import Callable, Sequence

from mmxkd.datasets.anticipation.segments import ActionVocabulary

VERB_MARK = "<v>"
ACTION_MARK = "<a>"
JOINT = f" {ACTION_MARK} "


def epic_text(name: str) -> str:
    """Return the published text of an EPIC action: noun words reversed at ``:``, hyphens and a blank in front kept.

    ``' wash_board:chopping:wood'`` becomes ``' wash <v> wood chopping board'``.
    """
    verb, _, noun = name.partition("_")
    return f"{verb} {VERB_MARK} {' '.join(reversed(noun.split(':')))}"


def egtea_text(name: str) -> str:
    """Return the published text of an EGTEA action: ``' Inspect/Read_recipe'`` becomes ``'inspect or read <v> recipe'``."""
    return name.strip().lower().replace("_", f" {VERB_MARK} ").replace("/", " or ").replace(":", " ")


def plain_text(name: str) -> str:
    """Return ``'verb <v> noun'`` of ``'verb_noun'``, lower-cased, hyphens, colons and further ``_`` as blanks; without noun the verb."""
    verb, _, noun = name.strip().lower().partition("_")
    words = [" ".join(part.replace("_", " ").replace("-", " ").replace(":", " ").split()) for part in (verb, noun)]
    return f" {VERB_MARK} ".join(word for word in words if word)


_STYLES: dict[str, Callable[[str], str]] = {"epic": epic_text, "egtea": egtea_text, "plain": plain_text}


def action_texts(vocabulary: ActionVocabulary, clean: bool = False) -> list[str]:
    """Return the text of every action, (K,).

    Args:
        vocabulary: the actions; its ``style`` says how names are read.
        clean: lower-case, hyphens as blanks, single blanks and none around, so that the same words give the same tokens everywhere.
            Published: not.
    """
    texts = [_STYLES[vocabulary.style](name) for name in vocabulary.names]
    return [" ".join(text.lower().replace("-", " ").split()) for text in texts] if clean else texts


def history_text(history: Sequence[int], texts: Sequence[str], hist_len: int | None = None) -> str:
    """Return the texts of the last ``hist_len`` actions (``None``: of all) joined by `` <a> ``; nothing for an empty history."""
    kept = history if hist_len is None else history[len(history) - hist_len if len(history) > hist_len else 0 :]
    return JOINT.join(texts[action] for action in kept)
