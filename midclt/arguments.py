"""The arguments of a call: from words of the command line to values.

A word is JSON (with the extended forms of `truenas_client.ejson`) when it reads
as such and otherwise the text itself. ``-`` stands for what comes on standard
input, which is read once, however often the word occurs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from truenas_client import ejson

from .exits import CommandError, ExitStatus

__all__ = ["call_arguments", "value_of"]


def call_arguments(words: Iterable[str]) -> list[Any]:
    """The values of a call's arguments. Raises `CommandError` when standard input cannot serve."""
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


def value_of(word: str) -> Any:
    """One argument: its JSON value, or the text itself where it is none."""
    try:
        return ejson.loads(word)
    except ejson.EJSONDecodeError:
        return word


def _check_encodable(value: Any) -> None:
    try:
        ejson.dumps(value)
    except RecursionError as e:
        raise CommandError("An argument is nested too deeply", ExitStatus.USAGE) from e


def _standard_input() -> str:
    stdin = sys.stdin
    if stdin is None:
        raise CommandError("Standard input is closed, so - has nothing to read", ExitStatus.ERROR)
    if stdin.isatty():
        raise CommandError(
            "- reads standard input, and that is the terminal: pipe or redirect something into it", ExitStatus.ERROR
        )
    try:
        # The bytes are UTF-8 whatever the locale says: JSON is.
        return stdin.buffer.read().decode() if hasattr(stdin, "buffer") else stdin.read()
    except UnicodeDecodeError as e:
        raise CommandError(f"Standard input is not UTF-8 text (byte {e.start})", ExitStatus.ERROR) from e
