"""Variables in the arguments of a call: those to ask for before it is sent, and values that may become one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truenas_client.methods.catalogue import Method
from truenas_client.methods.draft import allows
from truenas_client.methods.filters import OPERATORS
from truenas_client.secrets.names import is_secret_name
from truenas_client.secrets.placeholders import find, is_variable, placeholders
from truenas_client.storage.saved_call import SavedCall, Type, Variable

from .jsontext import Path, json_line
from .schemaplace import schemas_at, value_at

__all__ = ["Leaf", "leaves_of", "to_ask"]

MOST_LEAVES = 200
LONGEST = 200
"""Characters of a value that are shown."""


def to_ask(method: Method | None, params: list[Any], described: Mapping[str, Variable]) -> list[Variable]:
    """The variables in the arguments, in their order: as they are ``described``, else as the schema wants them."""
    places = {one.name: path for path, one in find(params) if one.kind == "var"}
    asked = SavedCall("", "", params, "", tuple(described.values())).asked
    return [
        one if one.name in described else Variable(one.name, _type(method, params, places[one.name], one.name))
        for one in asked
    ]


def _type(method: Method | None, params: list[Any], path: Path, name: str) -> Type:
    if is_secret_name(name):
        return "secret"
    if method is None or not is_variable(value_at(params, path)):
        return "text"
    schemas = schemas_at([param.schema for param in method.params], params, path)
    kinds = [{"type": schema["type"]} for schema in schemas if "type" in schema]
    if not kinds or any(allows(kind, "") for kind in kinds):
        return "text"
    return "number" if any(allows(kind, 1) for kind in kinds) else "json"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value in the arguments: its path, what it is called, and the name and type of a variable for it."""

    path: Path
    label: str
    value: Any
    name: str
    type: Type

    @property
    def text(self) -> str:
        """The value as JSON."""
        return json_line(self.value)[:LONGEST]


def leaves_of(params: list[Any], names: Sequence[str]) -> list[Leaf]:
    """The values that may become variables, in order, at most `MOST_LEAVES`; ``names`` are those of the arguments."""
    found: list[Leaf] = []
    for path, value, field in _scalars(params, ()):
        if len(found) == MOST_LEAVES:
            break
        if isinstance(value, str) and placeholders(value) and not is_variable(value):
            continue  # a placeholder inside of a text stays there
        first = names[int(path[0])] if int(path[0]) < len(names) else str(path[0])
        inside = [str(part) for part in path[1:]]
        # Of an only argument the members say enough.
        label = field or ".".join(inside if inside and len(params) == 1 else [first, *inside])
        last = next((part for part in reversed(path) if isinstance(part, str)), first)
        kind: Type = "text" if isinstance(value, str) else "number" if type(value) in (int, float) else "json"
        found.append(Leaf(path, label, value, field.partition(" ")[0] or last, kind))
    return found


def _scalars(value: Any, path: Path) -> Iterator[tuple[Path, Any, str]]:
    """Each single value with its path; of a filter only the value, with field and operator in words."""
    match value:
        case dict():
            for key, member in value.items():
                yield from _scalars(member, (*path, key))
        case [str() as field, str() as operator, (str() | int() | float() | None) as wanted] if operator in OPERATORS:
            yield (*path, 2), wanted, f"{field} {operator}"
        case list():
            for index, item in enumerate(value):
                yield from _scalars(item, (*path, index))
        case _:
            if path:
                yield path, value, ""
