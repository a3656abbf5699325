"""Unexpected errors as text that may be shown and kept: where they were raised, and their masked messages.

Invariants: a report contains files, line numbers and functions, but no value of a variable and no line of source; the
quoted parts of a message are masked, because an error quotes the input that it could not use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from traceback import FrameSummary, extract_tb

from .redact import MASK, redact_text
from .value import Secret

__all__ = ["crash_report", "masked_message", "name_of", "words_of"]

LONGEST = 500
"""Characters of a message."""
FRAMES = (15, 35)
"""Frames reported from the outer and from the inner end: recursion makes thousands."""
MEMBERS = 20
"""Errors in one report: the causes, and the members of groups."""

_QUOTED = re.compile(r"""(["'`])(?:\\.|(?!\1).)*(?:\1|\Z)""", re.DOTALL)
_NAMING = (AttributeError, NameError, ImportError)
"""Their messages quote names from the program, so quotes in them stay."""


def name_of(error: BaseException) -> str:
    """The class name of an error."""
    return type(error).__qualname__


def words_of(texts: Iterable[str]) -> set[str]:
    """Texts and their words, as secrets to mask. Words under three characters would mask too much of any text."""
    return {word for text in texts for word in (text, *re.findall(r"\w{3,}", text)) if len(word) >= 3}


def masked_message(error: BaseException, secrets: Iterable[Secret | str] = ()) -> str:
    """The message of an error in one line, with ``secrets``, texts that look like secrets, and quotes masked."""
    try:
        text = str(error)
    except Exception as e:  # noqa: BLE001 - the report then says that there is no message
        return f"(no message: {name_of(e)})"
    # The longest first: a short one may be part of a longer one, and masking it first would leave the rest visible.
    known = sorted((one.reveal() if isinstance(one, Secret) else one for one in secrets), key=len, reverse=True)
    text = redact_text(text, known)
    if not isinstance(error, _NAMING):
        text = _QUOTED.sub(lambda quoted: f"{quoted[1]}{MASK}{quoted[1]}", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def crash_report(error: BaseException, secrets: Iterable[Secret | str] = ()) -> str:
    """An error, its causes and the members of groups: class, masked message, and frames from the outermost in."""
    known = list(secrets)
    return "\n\n".join("\n".join(_lines(one, how, known)) for one, how in _related(error))


def _related(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    waiting = [(error, "")]
    seen: set[int] = set()
    while waiting and len(seen) < MEMBERS:
        one, how = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one, how
        if one.__cause__ is not None:
            waiting.append((one.__cause__, "caused by "))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append((one.__context__, "while handling "))
        if isinstance(one, BaseExceptionGroup):
            waiting += [(member, "of the group: ") for member in one.exceptions]


def _lines(error: BaseException, how: str, secrets: list[Secret | str]) -> Iterator[str]:
    message = masked_message(error, secrets)
    yield f"{how}{name_of(error)}{f': {message}' if message else ''}"
    frames: list[FrameSummary] = list(extract_tb(error.__traceback__))
    outer, inner = FRAMES
    left_out = len(frames) - outer - inner
    for index, frame in enumerate(frames):
        if left_out <= 0 or index < outer or index >= outer + left_out:
            yield f"  {frame.filename}:{frame.lineno}, in {frame.name}"
        elif index == outer:
            yield f"  ({left_out} more)"
