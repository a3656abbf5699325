"""Entries of ``core.get_methods`` that no server should send: schemas, texts and whole entries, each by what is odd."""

from __future__ import annotations

from typing import Any

__all__ = ["ENTRIES", "SCHEMAS", "TEXTS", "odd_methods", "with_schema"]


def nested(times: int, wrap: Any, inner: Any) -> Any:
    for _ in range(times):
        inner = wrap(inner)
    return inner


SCHEMAS: dict[str, Any] = {
    "chain of anyOf": nested(40, lambda one: {"anyOf": [one]}, {"type": "string"}),
    "chain of anyOf with an object": nested(
        40, lambda one: {"anyOf": [one, {"type": "object", "properties": {"a": {}}, "required": ["a"]}]}, {}
    ),
    "chain of oneOf": nested(40, lambda one: {"oneOf": [one, {"type": "null"}]}, {"type": "string"}),
    "chain of allOf": nested(55, lambda one: {"allOf": [one]}, {"type": "object", "properties": {"x": {}}}),
    "lists of lists": nested(300, lambda one: {"type": "array", "items": [one]}, {"type": "string"}),
    "objects of objects": nested(2000, lambda one: {"type": "object", "properties": {"a": one}}, {"type": "string"}),
    "50,000 members": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(50_000)}},
    "100,000 choices": {"enum": [f"v{n}" for n in range(100_000)]},
    "a billion items": {"type": "array", "minItems": 10**9, "items": {"type": "string"}},
    "a text of a terabyte": {"type": "string", "minLength": 10**12},
    "nested quantifiers": {"type": "string", "pattern": "^(a+)+$", "minLength": 30},
    "two nested quantifiers": {"type": "string", "pattern": "(x+x+)+y", "minLength": 40},
    "alternatives in a quantifier": {"type": "string", "pattern": "^(a|a)*$", "minLength": 40},
    "a million letters": {"type": "string", "pattern": "(a{1000}){1000}"},
    "more letters than memory": {"type": "string", "pattern": "((((a{1000}){1000}){1000}){1000}){1000}"},
    "slow names": {
        "type": "object",
        "patternProperties": {"(a+)+$": {"type": "string"}},
        "additionalProperties": False,
    },
    "no pattern for names": {"type": "object", "patternProperties": {"(": {"type": "string"}}},
    "reference to nothing": {"$ref": "#/nowhere"},
    "reference to itself": {"$ref": "#"},
    "circle of definitions": {"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"},
    "dynamic reference": {"$dynamicRef": "#x"},
    "members in a list": {"properties": [1]},
    "required numbers": {"required": [1]},
    "a required number": {"type": "object", "required": 5},
    "choices as text": {"enum": "abc"},
    "a number as type": {"type": 5},
    "no type": {"type": []},
    "unknown type": {"type": "banana"},
    "not a number": {"minimum": float("nan")},
    "multiple of nothing": {"type": "number", "multipleOf": 0},
    "too large a number": {"type": "integer", "minimum": 10**400},
    "an object as title": {"title": {"a": 1}},
    "an object as description": {"description": {"a": 1}},
    "a number as format": {"type": "string", "format": 5},
    "odd members": {"type": "object", "properties": {"a": 5, "b": None, "c": "x"}, "_attrs_order_": 5},
    "odd branches": {"oneOf": [{"type": "object"}, 5, None], "discriminator": {"propertyName": "x"}},
    "a branch of true": {
        "oneOf": [{"properties": {"x": True}}, {"properties": {"x": {"const": 1}}}],
        "discriminator": {"propertyName": "x"},
    },
    "half a character": {"type": "string", "default": "\ud800", "title": "\udfff"},
    "a deep default": {"default": nested(800, lambda one: [one], [])},
    "a long default": {"default": list(range(200_000))},
    "items of five": {"type": "array", "items": 5},
    "odd keywords": {
        "$schema": "http://nowhere/",
        "$id": 5,
        "contains": 5,
        "minContains": "x",
        "dependentRequired": {"a": 5},
    },
    "examples of five": {"examples": 5},
    "odd prefix": {"prefixItems": [5, {"type": "string"}]},
}

TEXTS = {
    "roles": ":a" * 20_000,
    "strong": "**a " * 10_000,
    "strong and stars": "**a*" * 10_000,
    "lines": "\n " * 20_000,
    "quotes": "`a" * 20_000,
    "double quotes": "``a " * 20_000,
    "targets": "`a <" * 20_000,
    "blocks": "a::\n" * 20_000,
    "literal blocks": "x::\n\n    {\n" * 5_000,
    "directives": ".. note:: x\n" * 20_000,
    "spaces": " " * 100_000 + "x",
    "sentences": "a. " * 30_000,
    "tabs": "\t" * 50_000,
    "megabytes": "x" * 3_000_000,
}

ENTRIES: dict[str, Any] = {
    "null": None,
    "a list": [1],
    "roles in an object": {"roles": {"a": 1}},
    "a number of roles": {"roles": 5},
    "arguments in an object": {"accepts": {"a": 1}},
    "odd arguments": {"accepts": [None, 5, "x", {}]},
    "examples in a list": {"examples": [1]},
    "a number of examples": {"examples": {"websocket": 5}},
    "an odd example": {"examples": {"websocket": [{"a": 1}]}},
    "odd summary": {"cli_description": 5},
    "odd description": {"description": {"a": 1}},
    "odd argument names": {"accepts": [{"_name_": 5, "title": {}}]},
    "a number as result": {"returns": 5},
    "numbers for booleans": {"job": 1, "filterable": "yes", "downloadable": []},
}


def with_schema(schema: Any) -> dict[str, Any]:
    return {"accepts": [{**schema, "_name_": "x", "_required_": True}], "returns": [schema], "description": "d"}


def odd_methods() -> dict[str, Any]:
    """All of them as one answer of ``core.get_methods``, by names ``odd.N``."""
    entries = [with_schema(schema) for schema in SCHEMAS.values()]
    entries += [
        {"accepts": [{"description": text, "_name_": "x"}], "description": text, "examples": {"websocket": [text]}}
        for text in TEXTS.values()
    ]
    entries += ENTRIES.values()
    return {f"odd.m{number}": entry for number, entry in enumerate(entries)}
