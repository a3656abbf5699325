"""Python types for the server's schemas: ``str``, ``Literal["A"]``, ``list[int]``, and a `TypedDict` for each object.

Invariants: objects of the same shape are one type; no text of the server stands in the made code but as a literal, and
names that are no plain identifiers are never written as code. What the schema leaves open is ``Any``: no valid value is
called an error for want of a better type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from keyword import iskeyword
from typing import Any

from .forms import is_set
from .normalise import Schema

__all__ = ["Types", "camel", "is_plain"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KINDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_TIMES = {"date-time": "datetime", "date": "date", "time": "time"}
_MOST_CHOICES = 60
"""An enumeration with more values (time zones, languages) is its plain type."""
_USED = frozenset(
    {"str", "int", "float", "bool", "list", "dict", "set", "datetime", "date", "time", "Any", "Literal", "Required"}
)
"""Names that a class of members must not hide."""


def is_plain(name: str) -> bool:
    """Whether a name can stand in code as it is."""
    return _PLAIN.fullmatch(name) is not None and not iskeyword(name)


def camel(text: str) -> str:
    """``pool.dataset_x`` as the name of a class: PoolDatasetX. Empty where nothing of it can be one."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text) if part).lstrip(
        "0123456789"
    )


class Types:
    """The types of one file. ``taken`` are names that they must not have."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._known: dict[tuple[bool, tuple[tuple[str, str, bool], ...]], str] = {}
        self.definitions: list[str] = []
        """The classes, those first that others are made of."""

    def of(self, schema: Schema, name: str, *, result: bool) -> str:
        """The type of a value. ``name`` is for the class, if one is needed.

        ``result``: the server answers it, and all of its members count as there. The schemas say less: they are also
        for rows of which members were selected.
        """
        return " | ".join(self._alternatives(schema, name, result))

    def _alternatives(self, schema: Schema, name: str, result: bool) -> list[str]:
        """The types that a value may have, none of which is a union."""
        if "const" in schema or "enum" in schema:
            return _literal(schema["enum"] if "enum" in schema else [schema["const"]])
        if "anyOf" in schema:
            return self._union(schema["anyOf"], name, result)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._union([{**schema, "type": one} for one in kind], name, result)
        return [self._plain(schema, kind, name, result)]

    def _plain(self, schema: Schema, kind: Any, name: str, result: bool) -> str:
        if kind == "array":
            items = schema.get("items")
            inner = self.of(items, name, result=result) if isinstance(items, dict) else "Any"
            return f"{'set' if is_set(schema) else 'list'}[{inner}]"
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, name, result)
        if kind == "string" and schema.get("format") in _TIMES:
            return _TIMES[schema["format"]]
        return _KINDS.get(kind or "", "Any")

    def _union(self, branches: list[Any], name: str, result: bool) -> list[str]:
        types: dict[str, None] = {}
        for number, branch in enumerate(branches):
            own = _tag(branch) or (str(number + 1) if number else "")
            types.update(dict.fromkeys(self._alternatives(branch, f"{name}{own}", result)))
        if "Any" in types:
            return ["Any"]
        choices = [one[len("Literal[") : -1] for one in types if one.startswith("Literal[")]
        plain = [one for one in types if one != "None" and not one.startswith("Literal[")]
        literals = [f"Literal[{', '.join(choices)}]"] if choices else []
        return [*plain, *literals, *(["None"] if "None" in types else [])]

    def _object(self, schema: Schema, name: str, result: bool) -> str:
        members: dict[str, Schema] = schema.get("properties") or {}
        more = schema.get("additionalProperties", not members)
        if not members or (more and not result) or "patternProperties" in schema:
            inner = self.of(more, name, result=result) if isinstance(more, dict) and not members else "Any"
            return f"dict[str, {inner}]"
        required = set(schema.get("required", ()))
        fields = tuple(
            (member, self.of(inner, f"{name}{camel(member)}", result=result), result or member in required)
            for member, inner in members.items()
        )
        known = self._known.get((result, fields))
        if known is None:
            known = self._known[result, fields] = self._free(name)
            self.definitions.append(_class(known, fields))
        return known

    def _free(self, name: str) -> str:
        """A name for a class that no other has."""
        free, number = name, 2
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._taken.add(free)
        return free


def _class(name: str, fields: tuple[tuple[str, str, bool], ...]) -> str:
    every = all(required for _, _, required in fields)
    typed = [(member, kind if every or not required else f"Required[{kind}]") for member, kind, required in fields]
    total = "" if every else ", total=False"
    if all(is_plain(member) and member not in _USED and not member.startswith("__") for member, _ in typed):
        lines = "".join(f"    {member}: {kind}\n" for member, kind in typed)
        return f"class {name}(TypedDict{total}):\n{lines}"
    inside = ", ".join(f"{member!a}: {kind}" for member, kind in typed)
    return f'{name} = TypedDict("{name}", {{{inside}}}{total})\n'


def _literal(values: list[Any]) -> list[str]:
    plain = [value for value in values if value is None or isinstance(value, (str, int))]
    if len(plain) < len(values):
        return ["Any"]
    if len(plain) > _MOST_CHOICES:
        return list(dict.fromkeys("None" if value is None else type(value).__name__ for value in plain))
    named = ", ".join(dict.fromkeys(ascii(value) for value in plain if value is not None))
    nothing = ["None"] if None in plain else []
    return ([f"Literal[{named}]"] if named else []) + nothing


def _tag(branch: Schema) -> str:
    """What tells an alternative from the others: the value of a member that can have one value only."""
    for member in branch.get("properties", {}).values():
        if isinstance(value := member.get("const"), str):
            return camel(value.lower() if value.isupper() else value)
    return ""
