r"""The words of a query text: how one value or one field is written, and how a written one is read.

A value is bare (``tank``, ``5``, ``true``, ``1T``) or in quotes; in quotes ``\\``, ``\"``, ``\'``, ``\n``, ``\t``,
``\r`` and ``\u0041`` are escapes, and any other backslash is itself, as in a pattern. ``1T`` and ``1TiB`` are
binary sizes, ``1TB`` is a decimal one.

Invariants: what `value_text` and `field_text` write, the readers here read as the same value; a text that would be
read as something else is written in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import isfinite
from typing import Any

__all__ = [
    "KEYWORDS",
    "QueryTextError",
    "Unsayable",
    "bare_value",
    "below",
    "date_at",
    "field_at",
    "field_text",
    "is_date",
    "quoted",
    "size_of",
    "unquoted",
    "value_text",
]

KEYWORDS = frozenset({"and", "or"})
_FIELD = re.compile(r"(?:\\.|\.\$|[^\s=!<>~^$,()\[\]\"'\\])+")
_PLAIN = re.compile(r"[\w./:@%+*^$?{}|-]+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_SIZE = re.compile(r"(\d+)(?:\.(\d+))?\s?(?:([KMGTPE])(i?B|i)?|(k)B|B)", re.ASCII)
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![^\s,()\[\]])", re.ASCII
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_WRITTEN = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}
_TO_WRITE = re.compile(r'[\x00-\x1f\x7f\\"]')
_CONSTANTS = {"true": True, "false": False, "null": None}
_UNITS = "KMGTPE"
_LONGEST_NUMBER = 400
"""Characters of a number. Python refuses to read or write integers above some thousand digits."""


class QueryTextError(ValueError):
    """The text is no query. ``position`` and ``length`` say where: in characters of that text."""

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.position = position
        self.length = max(length, 1)


class Unsayable(ValueError):
    """Query text has no words for these filters or options. They may be valid all the same.

    ``path`` leads to the part without words, from the value that was to be said.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.path: tuple[int | str, ...] = ()


@contextmanager
def below(*path: int | str) -> Iterator[None]:
    """Put these steps before the path of an `Unsayable` that is raised inside."""
    try:
        yield
    except Unsayable as e:
        e.path = (*path, *e.path)
        raise


def size_of(text: str) -> int | None:
    """The bytes of a written size (``1.5T``, ``10 GiB``, ``4 kB``, ``512 B``), rounded down; None for other text."""
    found = _SIZE.fullmatch(text)
    if found is None or len(text) > _LONGEST_NUMBER:
        return None
    whole, part, letter, ending, small = found.groups()
    power = _UNITS.index((letter or small).upper()) + 1 if letter or small else 0
    base = 1000 if small or ending == "B" else 1024
    part = part or ""
    # In integers, because a float has too few digits for the exact bytes of 1.1 PiB.
    return int(int(whole + part) * base**power // 10 ** len(part))


def is_date(text: str) -> bool:
    """Whether a bare text is a date, or a date and a time, in ISO 8601."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def date_at(text: str, at: int) -> str | None:
    """The date that stands at this place of the text. Raises `QueryTextError` for one that no calendar has."""
    found = _DATE.match(text, at)
    if found is None:
        return None
    if not is_date(found[0]):
        raise QueryTextError(f"there is no date {found[0]}", at, len(found[0]))
    return found[0]


def field_at(text: str, at: int) -> str | None:
    """The bare field that stands at this place of the text."""
    found = _FIELD.match(text, at)
    return found[0] if found else None


def bare_value(word: str, at: int = 0) -> Any:
    """The value of a bare word. Raises `QueryTextError` (at ``at``) for a number that is too large."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    found = _NUMBER.fullmatch(word)
    if found is None:
        size = size_of(word)
        return word if size is None else size
    if len(word) > _LONGEST_NUMBER:
        raise QueryTextError("this number is too long", at, len(word))
    if found[1] is None and found[2] is None:
        return int(word)
    number = float(word)
    if not isfinite(number):
        raise QueryTextError("this number is too large", at, len(word))
    return number


def unquoted(body: str) -> str:
    """The text of what stood between quotes."""

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[0])

    return _ESCAPE.sub(plain, body)


def quoted(text: str) -> str:
    """The text in quotes."""
    escaped = _TO_WRITE.sub(lambda found: _WRITTEN.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return f'"{escaped}"'


def field_text(field: str) -> str:
    """A field as it is written."""
    found = _FIELD.fullmatch(field)
    return field if found and field.lower() not in KEYWORDS else quoted(field)


def value_text(value: Any) -> str:
    """A value as it is written. Raises `Unsayable` for an object, and for a number that JSON does not have."""
    if isinstance(value, str):
        bare = _PLAIN.fullmatch(value) and value.lower() not in KEYWORDS and not _DATE.fullmatch(value)
        return value if bare and not value.startswith("!") and _reads_as(value) else quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float) and isfinite(value):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(value_text, value))}]"
    raise Unsayable(f"a value of the kind {type(value).__name__} has no words: only JSON has them")


def _reads_as(text: str) -> bool:
    try:
        return bare_value(text) is text
    except QueryTextError:
        return False


def _whole(number: int) -> str:
    if abs(number) >= 10 ** (_LONGEST_NUMBER - 2):
        raise Unsayable(f"a number has at most {_LONGEST_NUMBER} digits")
    # Only from a MiB on: 65536 is as likely a port or a user as a size.
    for power in range(len(_UNITS), 1, -1):
        count, rest = divmod(number, 1024**power)
        if 0 < count < 10_000 and not rest:
            return f"{count}{_UNITS[power - 1]}"
    return str(number)
