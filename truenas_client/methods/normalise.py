"""Turn the server's schemas into standard JSON Schema (draft 2020-12).

The server's schemas are nearly JSON Schema. `normalise` corrects the differences, so that drafts, checks, documentation
and completion read one language:

- ``items`` may be a list: a single schema is unwrapped, an empty list is dropped, several schemas become ``anyOf``;
- a member with ``_required_: true`` is added to its object's ``required``;
- ``oneOf`` becomes ``anyOf``: servers send it for alternatives that a discriminator tells apart, so at most one fits;
- the parts of ``allOf`` become one schema (`merge`);
- ``nullable: true`` adds ``null``; the type ``float`` becomes ``number``; ``ge`` and ``le`` become ``minimum`` and
  ``maximum``;
- annotations that are not text are dropped; so is the ``mapping`` of a discriminator, because the definitions that it
  points at are not sent; each branch requires the discriminating member;
- the private keys ``_name_``, ``_required_`` and ``_attrs_order_`` are dropped; members are in declared order.

Invariants: no input makes this raise. An unknown keyword, or one with a value of the wrong type, is left out, so that
readers need no checks of their own; the problem is reported in words. Parts that are too large, too deep or too slow (a
pattern) are left out too, and then any value is allowed there. The input is never changed, and the result shares no
schema container with it.
"""

from __future__ import annotations

from typing import Any

from .pattern import runnable

__all__ = ["Schema", "branches", "merge", "normalise"]

Schema = dict[str, Any]

_RENAMED = {"ge": "minimum", "le": "maximum", "oneOf": "anyOf"}
_MANY = frozenset({"anyOf", "allOf", "prefixItems"})
_ONE = frozenset({"additionalProperties", "propertyNames", "not"})
_TEXTS = frozenset({"title", "description", "pattern", "format"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_VALUES = frozenset({"default", "const", "enum", "examples"})
_REFERENCES = frozenset({"$ref", "$dynamicRef"})
_DEEPEST = 60
"""The deepest nesting of schemas and of values in them. Real ones reach 11."""
_MOST_PARTS = 4000
"""The most schemas and values in one argument or result. The largest real one has 2,007."""


def normalise(schema: Any, problems: list[str] | None = None) -> Schema:
    """The standard form of one schema. An input that is no schema object becomes ``{}``, which allows any value.

    Unreadable parts are reported in ``problems``, a few words each.
    """
    reader = _Reader()
    try:
        result = reader.schema(schema, 0)
    except _TooMuchError as e:
        reader.problems, result = [str(e)], {}
    if problems is not None:
        problems += [problem for problem in dict.fromkeys(reader.problems) if problem not in problems]
    return result


def merge(outer: Schema, inner: Schema) -> Schema:
    """Two schemas as one, as far as servers combine them. The inner one wins; members are joined."""
    merged = {**outer, **inner}
    if "properties" in outer and "properties" in inner:
        merged["properties"] = {**outer["properties"], **inner["properties"]}
    if "required" in outer and "required" in inner:
        merged["required"] = list(dict.fromkeys((*outer["required"], *inner["required"])))
    return merged


def branches(schema: Schema) -> list[Schema]:
    """The alternatives of a normalised schema with ``anyOf``, each with what applies to all of them."""
    outer = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "discriminator")}
    return [merge(outer, branch) for branch in schema["anyOf"]]


class _TooMuchError(Exception):
    """A schema is too large to work with."""


class _Reader:
    """Reads one schema. ``left`` is the number of parts that it may still have."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.left = _MOST_PARTS

    def schema(self, schema: Any, depth: int) -> Schema:
        if schema is False:
            return {"not": {}}
        self._count()
        if not isinstance(schema, dict):
            if schema is not True and schema is not None:
                self.problems.append(f"{_kind(schema)} in place of a schema")
            return {}
        if depth > _DEEPEST:
            self.problems.append(f"it is nested more than {_DEEPEST} deep")
            return {}
        result: Schema = {}
        for key, value in schema.items():
            self._put(result, _RENAMED.get(key) or key, value, schema, depth + 1)
        _require_members(result, schema)
        for part in result.pop("allOf", ()):
            result = merge(part, result)
        _require_discriminator(result)
        return _nullable(result) if schema.get("nullable") is True else result

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooMuchError(f"it has more than {_MOST_PARTS:,} parts")

    def _put(self, result: Schema, key: str, value: Any, schema: Schema, depth: int) -> None:
        """Copy one keyword if its value is valid for it."""
        if key == "properties":
            if isinstance(value, dict):
                result[key] = self._members(value, schema.get("_attrs_order_"), depth)
            else:
                self.problems.append(f"{key} is {_kind(value)}")
        elif key == "items":
            self._put_items(result, value, depth)
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
                result[key] = [self.schema(branch, depth) for branch in value]
        elif key in _ONE:
            result[key] = value if isinstance(value, bool) else self.schema(value, depth)
        elif key == "patternProperties":
            if isinstance(value, dict) and all(runnable(name) for name in value):
                result[key] = {name: self.schema(member, depth) for name, member in value.items()}
        elif key in _REFERENCES:
            self.problems.append(f"{key} leads nowhere")
        elif key in _VALUES:
            if self._is_small(value, depth) and _has_its_type(key, value):
                result[key] = value
        elif _has_its_type(key, value):
            result[key] = value
        elif key == "pattern" and isinstance(value, str):
            self.problems.append("a pattern takes too long to try")
        elif key in _TEXTS and value is not None and key != "title":  # 24.10 has a title that is false
            self.problems.append(f"{key} is {_kind(value)}")

    def _is_small(self, value: Any, depth: int) -> bool:
        if depth > _DEEPEST:
            return False
        if not isinstance(value, dict | list):
            return True
        items = value.values() if isinstance(value, dict) else value
        for _ in items:
            self._count()
        return all(self._is_small(item, depth + 1) for item in items)

    def _members(self, members: dict[str, Any], order: Any, depth: int) -> Schema:
        names = list(members)
        if isinstance(order, list):
            place = {name: index for index, name in enumerate(order) if isinstance(name, str)}
            names.sort(key=lambda name: place.get(name, len(place)))
        return {name: self.schema(members[name], depth) for name in names}

    def _put_items(self, result: Schema, items: Any, depth: int) -> None:
        if not isinstance(items, list):
            result["items"] = items if isinstance(items, bool) else self.schema(items, depth)
        elif len(items) == 1:
            result["items"] = self.schema(items[0], depth)
        elif items:
            result["items"] = {"anyOf": [self.schema(item, depth) for item in items]}


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _has_its_type(key: str, value: Any) -> bool:
    if key == "pattern":
        return isinstance(value, str) and runnable(value)
    if key in _TEXTS:
        return isinstance(value, str)
    if key in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key in _NUMBERS:
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER
        return number and (key != "multipleOf" or value > 0)
    if key == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if key in ("enum", "examples"):
        return isinstance(value, list) and bool(value)
    return key in ("default", "const") or (key == "uniqueItems" and isinstance(value, bool))


_LARGEST_NUMBER = 2.0**1000
"""Larger numbers cannot be compared with those in JSON. The comparison with it excludes NaN too."""


def _type(value: str) -> str:
    return "number" if value == "float" else value


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
    for branch in result.get("anyOf", ()):
        if name in branch.get("properties", {}) and name not in branch.get("required", ()):
            branch["required"] = [name, *branch.get("required", ())]


def _nullable(result: Schema) -> Schema:
    kind = result.get("type")
    if "const" in result or "anyOf" in result:
        annotations: Schema = {key: result.pop(key) for key in ("title", "description", "default") if key in result}
        return {**annotations, "anyOf": [result, {"type": "null"}]}
    if isinstance(kind, str) and kind != "null":
        result["type"] = [kind, "null"]
    elif isinstance(kind, list) and "null" not in kind:
        result["type"] = [*kind, "null"]
    if "enum" in result and None not in result["enum"]:
        result["enum"] = [*result["enum"], None]
    return result
