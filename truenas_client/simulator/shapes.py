"""Writing the schemas of methods in a few words, in the form the server lists them.

Each function makes a schema; `obj` and `arguments` give names to the schemas in
them, with the extra keys the server's catalogue has (``_name_``, ``_required_``,
``_attrs_order_``, ``title``). A schema without a default is required, unless it
is made `optional`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

__all__ = [
    "any_",
    "arguments",
    "array",
    "boolean",
    "changeable",
    "choice",
    "integer",
    "like",
    "like_all",
    "nullable",
    "number",
    "obj",
    "optional",
    "returning",
    "table",
    "text",
]

Schema = dict[str, Any]
_UNSET: Any = ...
# The ellipsis stands for "no default" in positional places.


def _schema(kind: str | None, doc: str, default: Any, extra: Mapping[str, Any]) -> Schema:
    schema: Schema = {"type": kind} if kind else {}
    if doc:
        schema["description"] = doc
    if default is not _UNSET:
        schema["default"] = default
    schema.update(extra)
    return schema


def text(doc: str = "", default: Any = _UNSET, **extra: Any) -> Schema:
    """Text; ``minLength``, ``maxLength``, ``pattern``, ``format`` as further keys."""
    return _schema("string", doc, default, extra)


def integer(doc: str = "", default: Any = _UNSET, **extra: Any) -> Schema:
    """A whole number; ``minimum``, ``maximum`` as further keys."""
    return _schema("integer", doc, default, extra)


def number(doc: str = "", default: Any = _UNSET, **extra: Any) -> Schema:
    """Any number."""
    return _schema("number", doc, default, extra)


def boolean(doc: str = "", default: Any = _UNSET) -> Schema:
    """True or false."""
    return _schema("boolean", doc, default, {})


def any_(doc: str = "", default: Any = _UNSET) -> Schema:
    """Any JSON value."""
    return _schema(None, doc, default, {})


def choice(*values: str, doc: str = "", default: Any = _UNSET) -> Schema:
    """One of some texts."""
    return _schema("string", doc, default, {"enum": list(values)})


def array(items: Schema, doc: str = "", default: Any = _UNSET, **extra: Any) -> Schema:
    """A list; the server writes the schema of its items into a list of one."""
    return _schema("array", doc, default, {"items": [items], **extra})


def nullable(schema: Schema, default: Any = _UNSET) -> Schema:
    """That, or null."""
    inner = {key: value for key, value in schema.items() if key not in ("description", "default")}
    made: Schema = {"anyOf": [inner, {"type": "null"}]}
    if "description" in schema:
        made["description"] = schema["description"]
    if default is not _UNSET:
        made["default"] = default
    return made


def optional(schema: Schema) -> Schema:
    """May be left out and has no default (as in update methods: what is left out stays)."""
    return {**schema, "_required_": False}


def changeable(members: Mapping[str, Schema]) -> dict[str, Schema]:
    """The members of an object of changes: each `optional`."""
    return {
        name: optional({key: value for key, value in schema.items() if key != "default"})
        for name, schema in members.items()
    }


def _named(name: str, schema: Schema) -> Schema:
    required = schema.get("_required_", "default" not in schema)
    return {"_name_": name, "_required_": required, "title": name, **schema}


def obj(doc: str = "", default: Any = _UNSET, open_: bool = False, /, **members: Schema) -> Schema:
    """An object with these members and, unless ``open_``, no others."""
    named = {name: _named(name, schema) for name, schema in members.items()}
    made = _schema("object", doc, default, {})
    if named:
        made["properties"] = named
        made["required"] = [name for name, schema in named.items() if schema["_required_"]]
        made["_attrs_order_"] = list(named)
    if named and not open_:
        made["additionalProperties"] = False
    return made


def arguments(**named: Schema) -> list[Schema]:
    """The arguments of a method in order, as a catalogue lists them."""
    return [_named(name, schema) for name, schema in named.items()]


def returning(schema: Schema) -> list[Schema]:
    """The result of a method, as a catalogue lists it."""
    return [{**_named("result", schema), "_required_": True}]


def table(row: Schema, doc: str) -> list[Schema]:
    """The ``returns`` of a query method: rows, one row, or their number."""
    item = {**row, "properties": {k: {**v, "_required_": False} for k, v in row.get("properties", {}).items()}}
    item.pop("required", None)
    return returning({"anyOf": [array(item), item, {"type": "integer"}], "description": doc})


def like(value: Any, docs: Mapping[str, str] | None = None) -> Schema:
    """A schema that fits ``value`` and what is built like it; ``docs`` describes members by name."""
    docs = docs or {}
    for kind, simple in ((bool, boolean), (int, integer), (float, number), (str, text)):  # a bool is an int, too
        if isinstance(value, kind):
            return simple()
    if isinstance(value, (list, tuple)):
        return array(like_all(value, docs) if value else any_())
    if isinstance(value, dict) and value:
        members = {}
        for name, member in value.items():
            schema = like(member, docs)
            if name in docs:
                schema = {"description": docs[name], **schema}
            members[str(name)] = schema
        return obj(**members)
    if value is None:
        return {"type": "null"}
    if isinstance(value, datetime):
        return text(format="date-time")
    return {"type": "object"}


def like_all(values: Sequence[Any], docs: Mapping[str, str] | None = None) -> Schema:
    """A schema that fits each of ``values``."""
    if not values:
        return {"type": "object"}
    made = like(values[0], docs)
    for value in values[1:]:
        made = _both(made, like(value, docs))
    return made


def _both(one: Schema, other: Schema) -> Schema:
    """A schema for what fits either: alike ones are merged, a null makes nullable, the rest is any value."""
    if one == other:
        return one
    if one.get("type") == "null":
        one, other = other, one
    if other.get("type") == "null":
        return one if "anyOf" in one or "type" not in one else _keeping_names(nullable(one), one)
    if one.get("type") == other.get("type") == "object":
        left, right = one.get("properties") or {}, other.get("properties") or {}
        if not left or not right:
            return _keeping_names({"type": "object"}, one)
        members = {}
        for name in [*left, *(name for name in right if name not in left)]:
            if name in left and name in right:
                members[name] = _both(left[name], right[name])
            else:
                members[name] = optional(left.get(name) or right[name])
        return _keeping_names(obj(**members), one)
    if one.get("type") == other.get("type") == "array":
        return {**one, "items": [_both(one["items"][0], other["items"][0])]}
    if "anyOf" in one and other in one["anyOf"]:
        return one
    return _keeping_names({}, one)


def _keeping_names(schema: Schema, source: Schema) -> Schema:
    kept: Schema = {name: source[name] for name in ("_name_", "_required_", "title", "description") if name in source}
    return {**kept, **schema}
