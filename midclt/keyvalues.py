"""Arguments as ``key=value``, ``key:=json`` and ``key=@file``, which together are one object.

Words without ``=`` are arguments of their own, as without ``--kv``; the object takes the place of the first pair.
``a[b]=c`` is a member of a member. Invariants: a key is given once; an error names the word's key, never its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from truenas_client import ejson

from .arguments import json_problem, value_of
from .exits import CommandError, ExitStatus

__all__ = ["with_pairs"]

_PAIR = re.compile(r"(?P<key>[^=:\[\]\s]+(?:\[[^\[\]=]+\])*)(?P<how>:=@|=@|:=|=)(?P<value>.*)", re.DOTALL)
_MEMBERS = re.compile(r"\[([^\[\]]+)\]")


def with_pairs(words: Iterable[str], read: Callable[[str], str]) -> list[Any]:
    """The arguments that the words stand for. ``read`` reads a file. Raises `CommandError`."""
    values: list[Any] = []
    pairs: dict[str, Any] | None = None
    for word in words:
        found = _PAIR.fullmatch(word)
        if found is None:
            values.append(value_of(word))
            continue
        if pairs is None:
            pairs = {}
            values.append(pairs)
        key, how, text = found["key"], found["how"], found["value"]
        if how.endswith("@"):
            text = read(text)
        _put(pairs, key, _json(key, text) if how.startswith(":") else text)
    return values


def _json(key: str, text: str) -> Any:
    try:
        return ejson.loads(text)
    except ejson.EJSONDecodeError as e:
        raise CommandError(f"{key}:= wants JSON: {json_problem(e)} ({key}=TEXT takes a text)", ExitStatus.USAGE) from e


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    first = key.partition("[")[0]
    *path, last = [first, *_MEMBERS.findall(key[len(first) :])]
    for part in path:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            raise CommandError(f"{key}: {part} has a value already, which is no object", ExitStatus.USAGE)
        target = inner
    if last in target:
        raise CommandError(f"{key} is given twice", ExitStatus.USAGE)
    target[last] = value
