"""Where problems are in the text: paths from the schema check, and attribute paths from the server.

Both kinds of path are looked up in the document; a part that is not there falls
back to its nearest parent that is. A server's attribute path starts with the
parameter's name (``data.nested.port``) or with a name of the server's own
(``pool_dataset_create.name``), and may hold the tag of an alternative
(``login_data.PASSWORD_PLAIN.password``); tags are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from truenas_client.methods.check import Problem

from .jsontext import Document, Path, TextProblem

__all__ = ["attribute_path", "place", "place_attributes"]

_LONGEST_CONTAINER = 60
_INDEX = re.compile(r"\[(\d+)\]")
_PLACE = re.compile("[0-9]{1,9}")


def place(document: Document, problems: Iterable[Problem]) -> list[TextProblem]:
    """The problems with their places in the text, in its order. Paths start with the argument's index."""
    placed = [TextProblem(*_span(document, problem.path, key=problem.key), problem.message) for problem in problems]
    return sorted(placed, key=lambda problem: (problem.start, problem.end))


def place_attributes(
    document: Document, errors: Iterable[tuple[str | None, str]], names: Sequence[str]
) -> list[TextProblem]:
    """A server's (attribute, message) pairs with their places in the text, in the order given.

    ``names`` are those of the method's parameters, in order. What cannot be placed stands at the whole.
    """
    params = document.value if isinstance(document.value, list) else []
    return [
        TextProblem(*_span(document, attribute_path(attribute, params, names), key=False), message)
        for attribute, message in errors
    ]


def _span(document: Document, path: Path, *, key: bool) -> tuple[int, int]:
    if key:
        found = document.key_span(path)
        if found is not None:
            return found
    path = document.existing(path)
    start, end = document.span(path)
    if document.text[start : start + 1] in ("[", "{") and (
        end - start > _LONGEST_CONTAINER or "\n" in document.text[start:end]
    ):
        # Underlining a whole page points nowhere: underline the key or the bracket instead.
        return document.key_span(path) or (start, start + 1)
    return start, end


def attribute_path(attribute: str | None, params: Sequence[Any], names: Sequence[str]) -> Path:
    """The path (argument index first) of what a server's attribute names, as far as ``params`` hold it; () for none."""
    if not attribute:
        return ()
    parts = _INDEX.sub(r".\1", attribute).split(".")
    if parts[0] in names:
        index = list(names).index(parts[0])
        return (index, *_resolve(params[index], parts[1:])) if index < len(params) else ()
    # Not a parameter: a name of the server's own, or a path without the parameter. The argument that fits best.
    best: Path = ()
    for index in reversed(range(len(params))):
        for rest in (parts[1:], parts):
            found = _resolve(params[index], rest)
            if found and len(found) >= len(best):
                best = (index, *found)
    if best:
        return best
    objects = [index for index, value in enumerate(params) if isinstance(value, dict)]
    return (objects[-1],) if objects else ()


def _resolve(value: Any, parts: Sequence[str]) -> Path:
    """The longest way into ``value`` along ``parts``; one that leads nowhere is passed over when the next leads on."""
    path: list[str | int] = []
    at = 0
    while at < len(parts):
        step = _step(value, parts, at)
        if step is None:
            if at + 1 >= len(parts) or _step(value, parts, at + 1) is None:
                break
            at += 1
            continue
        part, taken = step
        path.append(part)
        value = value[part]
        at += taken
    return tuple(path)


def _step(value: Any, parts: Sequence[str], at: int) -> tuple[str | int, int] | None:
    """The member that the next part names, and how many parts its name takes (keys may hold dots)."""
    if isinstance(value, list):
        part = parts[at]
        return (int(part), 1) if _PLACE.fullmatch(part) and int(part) < len(value) else None
    if isinstance(value, dict):
        for taken in range(1, len(parts) - at + 1):
            name = ".".join(parts[at : at + taken])
            if name in value:
                return name, taken
    return None
