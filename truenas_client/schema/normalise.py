"""The server's schemas made into standard JSON Schema (draft 2020-12), once.

What servers send is nearly JSON Schema. `normalise` mends what is not, so that
everything after it (drafts, checks, documentation, completion) reads one language:

- ``items`` comes as a list: one schema is unwrapped, none is dropped, several become ``anyOf``;
- a member with ``_required_: true`` joins its object's ``required``;
- ``nullable: true`` adds ``null``; the type ``float`` is ``number``; ``ge`` and ``le`` are ``minimum`` and ``maximum``;
- annotations that are not text go; the ``mapping`` of a discriminator goes (it points at definitions nobody sends)
  and each branch requires the discriminating member;
- the private keys ``_name_``, ``_required_`` and ``_attrs_order_`` go; members stand in declared order.

A keyword whose value is of the wrong type is left out. The input is never changed,
and the result shares no container of schemas with it.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

__all__ = ["Schema", "normalise"]

Schema = dict[str, Any]

_PRIVATE = frozenset({"_name_", "_required_", "_attrs_order_", "nullable", "exclude_json_schema"})
_RENAMED = {"ge": "minimum", "le": "maximum"}
_MANY = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_ONE = frozenset({"additionalProperties", "propertyNames", "not", "if", "then", "else", "contains"})
_NAMED = frozenset({"patternProperties", "$defs", "dependentSchemas"})
_TEXTS = frozenset({"title", "description", "pattern", "format"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_DEEPEST = 60
"""Nesting beyond this (real schemas reach 9) is not described further: any value is allowed there."""


def normalise(schema: Any) -> Schema:
    """The standard form of one schema. What is not a schema object becomes ``{}``, which allows any value."""
    return _normalise(schema, 0)


def _normalise(schema: Any, depth: int) -> Schema:
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    result: Schema = {}
    for key, value in schema.items():
        if key not in _PRIVATE:
            _put(result, _RENAMED.get(key) or key, value, schema, depth + 1)
    _require_members(result, schema)
    _require_discriminator(result)
    return _nullable(result) if schema.get("nullable") is True else result


def _put(result: Schema, key: str, value: Any, schema: Schema, depth: int) -> None:
    """Take over one keyword. One whose value has no business there is left out, so that readers need not look twice."""
    if key == "properties":
        if isinstance(value, dict):
            result[key] = _members(value, schema.get("_attrs_order_"), depth)
    elif key == "items":
        _put_items(result, value, depth)
    elif key == "type":
        if isinstance(value, str):
            result[key] = _type(value)
        elif isinstance(value, list) and value:
            result[key] = [_type(one) for one in value if isinstance(one, str)]
    elif key == "discriminator":
        if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
            result[key] = {"propertyName": value["propertyName"]}
    elif key in _MANY:
        if isinstance(value, list) and value:
            result[key] = [_normalise(branch, depth) for branch in value]
    elif key in _ONE:
        result[key] = value if isinstance(value, bool) else _normalise(value, depth)
    elif key in _NAMED:
        if isinstance(value, dict):
            result[key] = {name: _normalise(member, depth) for name, member in value.items()}
    elif _has_its_type(key, value):
        result[key] = value


def _has_its_type(key: str, value: Any) -> bool:
    if key in _TEXTS:
        return isinstance(value, str)
    if key in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key in _NUMBERS:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    if key == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if key == "enum":
        return isinstance(value, list) and bool(value)
    return key != "uniqueItems" or isinstance(value, bool)


def _type(value: str) -> str:
    return "number" if value == "float" else value


def _members(members: dict[str, Any], order: Any, depth: int) -> Schema:
    names = list(members)
    if isinstance(order, list):
        place = {name: index for index, name in enumerate(order) if isinstance(name, str)}
        names.sort(key=lambda name: place.get(name, len(place)))
    return {name: _normalise(members[name], depth) for name in names}


def _put_items(result: Schema, items: Any, depth: int) -> None:
    if not isinstance(items, list):
        result["items"] = items if isinstance(items, bool) else _normalise(items, depth)
    elif len(items) == 1:
        result["items"] = _normalise(items[0], depth)
    elif items:
        result["items"] = {"anyOf": [_normalise(item, depth) for item in items]}


def _require_members(result: Schema, schema: dict[str, Any]) -> None:
    members = schema.get("properties")
    if not isinstance(members, dict):
        return
    required = list(result.get("required", ()))
    for name in result["properties"]:
        member = members[name]
        if isinstance(member, dict) and member.get("_required_") is True and name not in required:
            required.append(name)
    if required:
        result["required"] = required


def _require_discriminator(result: Schema) -> None:
    if "discriminator" not in result:
        return
    name = result["discriminator"]["propertyName"]
    branches: list[Schema] = result.get("oneOf") or result.get("anyOf") or []
    for branch in branches:
        if name in branch.get("properties", {}) and name not in branch.get("required", ()):
            branch["required"] = [name, *branch.get("required", ())]


def _nullable(result: Schema) -> Schema:
    kind = result.get("type")
    if "const" in result or any(key in result for key in ("anyOf", "oneOf", "allOf")):
        annotations: Schema = {key: result.pop(key) for key in ("title", "description", "default") if key in result}
        return {**annotations, "anyOf": [result, {"type": "null"}]}
    if isinstance(kind, str) and kind != "null":
        result["type"] = [kind, "null"]
    elif isinstance(kind, list) and "null" not in kind:
        result["type"] = [*kind, "null"]
    if "enum" in result and None not in result["enum"]:
        result["enum"] = [*result["enum"], None]
    return result
