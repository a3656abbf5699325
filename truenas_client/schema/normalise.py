"""The server's schemas made into standard JSON Schema (draft 2020-12), once.

What servers send is nearly JSON Schema. `normalise` mends what is not, so that
everything after it (drafts, checks, documentation, completion) reads one language:

- ``items`` comes as a list: one schema is unwrapped, none is dropped, several become ``anyOf``;
- a member with ``_required_: true`` joins its object's ``required``;
- ``nullable: true`` adds ``null``; the type ``float`` is ``number``; ``ge`` and ``le`` are ``minimum`` and ``maximum``;
- annotations that are not text go; the ``mapping`` of a discriminator goes (it points at definitions nobody sends)
  and each branch requires the discriminating member;
- the private keys ``_name_``, ``_required_`` and ``_attrs_order_`` go; members stand in declared order.

The input is never changed, and the result shares no container of schemas with it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Schema", "normalise"]

Schema = dict[str, Any]

_PRIVATE = frozenset({"_name_", "_required_", "_attrs_order_", "nullable", "exclude_json_schema"})
_RENAMED = {"ge": "minimum", "le": "maximum"}
_ANNOTATIONS = frozenset({"title", "description"})
_MANY = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_ONE = frozenset({"additionalProperties", "propertyNames", "not", "if", "then", "else", "contains"})
_NAMED = frozenset({"patternProperties", "$defs", "dependentSchemas"})


def normalise(schema: Any) -> Schema:
    """The standard form of one schema. What is not a schema object becomes ``{}``, which allows any value."""
    if not isinstance(schema, dict):
        return {"not": {}} if schema is False else {}
    result: Schema = {}
    for key, value in schema.items():
        if key in _PRIVATE or (key in _ANNOTATIONS and not isinstance(value, str)):
            continue
        if key == "properties":
            result[key] = _members(value, schema.get("_attrs_order_"))
        elif key == "items":
            _put_items(result, value)
        elif key == "type":
            result[key] = _type(value)
        elif key == "discriminator":
            if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
                result[key] = {"propertyName": value["propertyName"]}
        elif key in _MANY:
            result[key] = [normalise(branch) for branch in value]
        elif key in _ONE:
            result[key] = value if isinstance(value, bool) else normalise(value)
        elif key in _NAMED:
            result[key] = {name: normalise(member) for name, member in value.items()}
        else:
            result[_RENAMED.get(key) or key] = value
    _require_members(result, schema)
    _require_discriminator(result)
    return _nullable(result) if schema.get("nullable") is True else result


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return [_type(one) for one in value]
    return "number" if value == "float" else value


def _members(members: dict[str, Any], order: Any) -> Schema:
    names = list(members)
    if isinstance(order, list):
        place = {name: index for index, name in enumerate(order)}
        names.sort(key=lambda name: place.get(name, len(place)))
    return {name: normalise(members[name]) for name in names}


def _put_items(result: Schema, items: Any) -> None:
    if not isinstance(items, list):
        result["items"] = items if isinstance(items, bool) else normalise(items)
    elif len(items) == 1:
        result["items"] = normalise(items[0])
    elif items:
        result["items"] = {"anyOf": [normalise(item) for item in items]}


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
