"""The fields of the rows a query answers: what its filters, ``select`` and ``order_by`` may name.

Fields of fields are named with dots, as servers want them (``scan.state``). Only what
the schema of the result tells is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .catalogue import Method
from .leaves import leaves
from .normalise import Schema

__all__ = ["field_schemas", "fields"]

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
                if isinstance(member, dict) and "." not in name and len(found) < _MOST:
                    found.setdefault(prefix + name, member)
                    deeper += [(f"{prefix}{name}.", leaf) for leaf in leaves(member)]
        level = deeper
    return found


def field_schemas(method: Method, name: Any) -> list[Schema]:
    """The leaves of one field."""
    return leaves(fields(method).get(name)) if isinstance(name, str) else []


def _rows(returns: Schema) -> Sequence[Schema]:
    answers = leaves(returns)
    rows = list(_items(answers))
    return rows or [answer for answer in answers if answer.get("properties")]


def _items(answers: Sequence[Schema]) -> Iterator[Schema]:
    for answer in answers:
        if answer.get("type") == "array":
            yield from leaves(answer.get("items"))
