"""The examples of a method's description, read as calls.

A server tells an example as text: a sentence, then a message as it goes over the wire. What is wanted of the message
is its arguments, which can become a draft; an example that does not hold such a message stays text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .doctext import one_line

__all__ = ["Example", "examples_of"]

_MARK = re.compile(r"^[ \t]*:::\w+[ \t]*\n?", re.MULTILINE)
# The closing quote of the name is missing in some that servers ship.
_CALL = re.compile(r"^[ \t]*\{[^{}]*?\"method\"\s*:\s*\"([\w.]+)\"?\s*(?:,\s*)?\"params\"\s*:\s*", re.MULTILINE)
_LONGEST = 50_000  # the most characters read of one text
_CLOSING = re.compile(r"\s*\}")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Example:
    """One example: ``caption`` describes it, ``params`` are its arguments; None for text only."""

    caption: str
    params: list[Any] | None = None


def examples_of(texts: Iterable[str], method: str) -> tuple[Example, ...]:
    """The examples that these texts tell of a method, in order. A message for another method stays text."""
    return tuple(example for text in texts for example in _read(text, method))


def _read(text: str, method: str) -> Iterator[Example]:
    text = _MARK.sub("", text[:_LONGEST])
    begin = 0
    for call in _CALL.finditer(text):
        if call.start() < begin or call[1] != method:
            continue
        try:
            params, end = _DECODER.raw_decode(text, call.end())
        except (ValueError, RecursionError):
            continue
        if not isinstance(params, list):
            continue
        yield Example(one_line(text[begin : call.start()]), params)
        closing = _CLOSING.match(text, end)
        begin = end if closing is None else closing.end()
    rest = text[begin:].strip("\n")
    if rest.strip():
        yield Example(rest)
