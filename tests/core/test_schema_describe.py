"""Schemas as trees to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.facts import SOME_CATALOGUES
from tests.facts import catalogue as real
from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.describe import Node, describe, type_words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "any value"),
        ({"type": "integer"}, "integer"),
        ({"type": ["null", "string"]}, "string or null"),
        ({"type": "array"}, "list"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "list of (string or null)"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "integer or null"),
        ({"anyOf": [{"type": "integer"}, {"const": "INHERIT", "type": "string"}]}, 'integer or "INHERIT"'),
        ({"anyOf": [{"type": "integer"}, {}]}, "any value"),
        ({"properties": {}}, "object"),
        ({"enum": [0, None]}, "0 or null"),
    ],
)
def test_type_words(schema: Any, words: str) -> None:
    assert type_words(schema) == words


def test_an_object_with_everything() -> None:
    node = describe(
        {
            "type": "object",
            "title": "ThingCreate",
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "Its\n name."},
                "level": {
                    "anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}],
                    "default": None,
                },
                "mode": {"enum": ["A", "B"], "type": "string", "default": "A"},
                "tags": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}}}},
            },
            "required": ["name"],
            "additionalProperties": {"type": "string"},
        },
        name="data",
        required=True,
    )
    assert (node.name, node.title, node.required, node.type) == ("data", "ThingCreate", True, "object")
    name, level, mode, tags, others = node.children
    assert (name.required, name.constraints, name.description, name.default) == (
        True,
        ("not empty",),
        "Its name.",
        None,
    )
    assert (level.type, level.constraints, level.default, level.branches) == (
        "integer or null",
        ("1 to 9",),
        "null",
        (),
    )
    assert (mode.choices, mode.default) == (('"A"', '"B"'), '"A"')
    assert (tags.type, [child.name for child in tags.children]) == ("list of object", ["key"])
    assert (others.name, others.type) == ("*", "string")


def test_alternatives_carry_the_tag_that_picks_them() -> None:
    node = describe(
        {
            "discriminator": {"propertyName": "type"},
            "anyOf": [
                {"type": "object", "properties": {"type": {"const": "S3"}, "key": {}}},
                {"type": "object", "properties": {"type": {"enum": ["B2", "B3"]}}},
            ],
        }
    )
    assert [branch.tag for branch in node.branches] == ['type = "S3"', 'type = "B2" or "B3"']
    assert [child.name for child in node.branches[0].children] == ["type", "key"]


def walk(node: Node) -> Iterator[Node]:
    yield node
    for inner in (*node.children, *node.branches):
        yield from walk(inner)


@pytest.mark.parametrize("release", SOME_CATALOGUES)
def test_every_real_schema_is_described_down_to_its_last_member(release: str) -> None:
    def members(schema: Any) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        found = set(schema.get("properties", {}))
        for inner in schema.get("properties", {}).values():
            found |= members(inner)
        for key in ("anyOf", "oneOf"):
            for inner in schema.get(key, ()):
                found |= members(inner)
        return found | members(schema.get("items")) | members(schema.get("additionalProperties"))

    for method in Catalogue.from_methods(real(release)):
        for name, schema in [*((param.name, param.schema) for param in method.params), ("", method.returns)]:
            nodes = list(walk(describe(schema, name=name)))
            assert members(schema) <= {node.name for node in nodes}, method.name
            assert all(node.type for node in nodes)
            assert all(not branch.name and branch.tag for node in nodes for branch in node.branches)
