"""The texts that the arguments of a method may be, where its schema lists them: for completion in a shell."""

from __future__ import annotations

import json
import re
from typing import Any

from .catalogue import Method

__all__ = ["argument_words", "is_word"]

_WORD = re.compile(r"[\w./:@%+,][\w./:@%+,=-]*", re.ASCII)


def argument_words(method: Method) -> list[list[str]]:
    """For each argument its choices, as words of a command line; none where any value may stand."""
    found = [list(dict.fromkeys(_words(schema))) for schema in method.accepts]
    while found and not found[-1]:
        found.pop()
    return found


def _words(schema: Any) -> list[str]:
    if not isinstance(schema, dict):
        return []
    if "const" in schema:
        return _word(schema["const"])
    if isinstance(schema.get("enum"), list):
        return [word for value in schema["enum"] for word in _word(value)]
    branches = [branch for key in ("anyOf", "oneOf") for branch in schema.get(key) or ()]
    if branches:
        return [word for branch in branches for word in _words(branch)]
    return ["true", "false"] if schema.get("type") == "boolean" else []


def is_word(text: str) -> bool:
    """Whether a shell takes a text for one word and for nothing else: a server must not write what a shell runs."""
    return _WORD.fullmatch(text) is not None


def _word(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if is_word(value) else []
    return [json.dumps(value)] if isinstance(value, (bool, int)) else []
