"""The arguments of a call: from words of the command line to values.

A word that is valid JSON (with the extended forms of `truenas_client.ejson`) is decoded;
any other word is the text itself. ``-`` stands for the content of standard input, which
is read once, however often the word occurs.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable
from typing import Any

from truenas_client import ejson

from .exits import CommandError, ExitStatus

__all__ = ["call_arguments", "damaged", "file_text", "json_problem", "value_of"]


def call_arguments(words: Iterable[str]) -> list[Any]:
    """The values of a call's arguments. Raises `CommandError` when standard input cannot be read."""
    values: list[Any] = []
    given: str | None = None
    for word in words:
        if word == "-":
            given = _standard_input() if given is None else given
            word = given
        value = value_of(word)
        _check_encodable(value)
        values.append(value)
    return values


def file_text(name: str) -> str:
    """The text of a file, ``-`` for standard input, without the line end at its end. Raises `CommandError`."""
    if name == "-":
        return _standard_input().removesuffix("\n")
    try:
        with open(os.path.expanduser(name), "rb") as file:
            return _decoded(file.read()).removesuffix("\n")
    except OSError as e:
        raise CommandError(f"{name} cannot be read: {e.strerror or e}", ExitStatus.USAGE) from e
    except UnicodeDecodeError as e:
        raise CommandError(f"{name} is not UTF-8 text (byte {e.start})", ExitStatus.USAGE) from e


def value_of(word: str) -> Any:
    """One argument: its JSON value, or the text itself where it is no JSON."""
    try:
        return ejson.loads(word)
    except ejson.EJSONDecodeError:
        return word


def _check_encodable(value: Any) -> None:
    try:
        ejson.dumps(value)
    except RecursionError as e:
        raise CommandError("An argument is nested too deeply", ExitStatus.USAGE) from e


_MARK = "\ufeff"
"""The byte order mark, which some shells write before their output."""


def _decoded(data: bytes) -> str:
    """Decode bytes as UTF-8, or as UTF-16 after its byte order mark. The locale does not matter, as JSON is UTF-8."""
    wide = len(data) > 3 and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8").lstrip(_MARK)


def damaged(words: Iterable[str]) -> list[str]:
    """A message for each word that looks like JSON but is not. It does not repeat the word, which may be a secret."""
    found = []
    for number, word in enumerate(words, 1):
        text = word.strip()
        try:
            ejson.loads(word)
        except ejson.EJSONDecodeError as e:
            if text in _WORDS:
                found.append(f"Argument {number} went out as text: in JSON it is {_WORDS[text]}")
            elif text[:1] in _BEGINNINGS and text[:1]:
                quotes = "; JSON takes straight double quotes only" if _ODD_QUOTES.intersection(text) else ""
                found.append(f"Argument {number} went out as text, because it is no JSON: {json_problem(e)}{quotes}")
    return found


_WORDS = {"True": "true", "False": "false", "None": "null"}
_BEGINNINGS = frozenset("[{\"'\u201c\u201d\u201e\u2018\u2019")
_ODD_QUOTES = frozenset("'\u201c\u201d\u201e\u2018\u2019")


def json_problem(error: ejson.EJSONDecodeError) -> str:
    """The problem and its place. The errors of ``$`` forms quote a value, so they are replaced by a general text."""
    text = str(error)
    return text if isinstance(error.__cause__, ValueError) and "column" in text else "one of the $ forms is not valid"


def _standard_input() -> str:
    stdin = sys.stdin
    if stdin is None:
        raise CommandError("Standard input is closed, so - has nothing to read", ExitStatus.ERROR)
    if stdin.isatty():
        raise CommandError(
            "- reads standard input, and that is the terminal: pipe or redirect something into it", ExitStatus.ERROR
        )
    try:
        return _decoded(stdin.buffer.read()) if hasattr(stdin, "buffer") else stdin.read().lstrip(_MARK)
    except UnicodeDecodeError as e:
        raise CommandError(f"Standard input is not UTF-8 text (byte {e.start})", ExitStatus.ERROR) from e
