"""The fields of the rows a query answers: what its filters, ``select`` and ``order_by`` may name.

Fields of fields are named with dots, as servers want them (``scan.state``). Only what
the schema of the result tells is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .catalogue import Method
from .leaves import leaves
from .normalise import Schema

__all__ = ["field_schemas", "fields", "named_fields", "unknown_fields"]

_NEAR = 3
_DEEPEST = 3
_MOST = 400


def fields(method: Method) -> dict[str, Schema]:
    """Every field by its dotted name, those of the rows first, with its schema; {} when the schema tells none."""
    found: dict[str, Schema] = {}
    level: list[tuple[str, Any]] = [("", row) for row in _rows(method.returns)]
    for _ in range(_DEEPEST):
        deeper: list[tuple[str, Any]] = []
        for prefix, schema in level:
            for name, member in schema.get("properties", {}).items():
                # A dot inside a name would mean something else to the server.
                if "." not in name and len(found) < _MOST:
                    found.setdefault(prefix + name, member)
                    deeper += [(f"{prefix}{name}.", leaf) for leaf in leaves(member)]
        level = deeper
    return found


def field_schemas(method: Method, name: Any) -> list[Schema]:
    """The leaves of one field."""
    return leaves(fields(method).get(name)) if isinstance(name, str) else []


def named_fields(filters: Any, options: Mapping[str, Any]) -> Iterator[str]:
    """Every field that filters, ``select`` and ``order_by`` name."""
    for item in filters if isinstance(filters, list) else ():
        if isinstance(item, list) and len(item) == 2 and item[0] == "OR" and isinstance(item[1], list):
            for branch in item[1]:
                yield from named_fields([branch] if branch and isinstance(branch[0], str) else branch, {})
        elif isinstance(item, list) and item and isinstance(item[0], str):
            yield item[0]
    for item in options.get("select", ()):
        yield item if isinstance(item, str) else item[0]
    for item in options.get("order_by", ()):
        yield item.rpartition(":")[2].removeprefix("-")


def unknown_fields(method: Method, filters: Any, options: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The fields that the rows of a method do not have, as far as its schema tells, each with the names near it."""
    from difflib import get_close_matches

    known = fields(method)
    tops = {field.partition(".")[0] for field in known}
    found = []
    for field in dict.fromkeys(named_fields(filters, options)):
        top, dot, rest = field.partition(".")
        # Deeper members are not all in the schema, and a number or a * leads into a list.
        if not known or top in tops:
            continue
        near = get_close_matches(top, tops, _NEAR)
        found.append((field, [f"{one}{dot}{rest}" for one in near] if len(near) == 1 or not dot else near))
    return found


def _rows(returns: Schema) -> Sequence[Schema]:
    answers = leaves(returns)
    rows = list(_items(answers))
    return rows or [answer for answer in answers if answer.get("properties")]


def _items(answers: Sequence[Schema]) -> Iterator[Schema]:
    for answer in answers:
        if answer.get("type") == "array":
            yield from leaves(answer.get("items"))
