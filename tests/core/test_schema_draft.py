"""The smallest valid value of a schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from truenas_client.methods.draft import allows, draft
from truenas_client.methods.normalise import normalise


@pytest.mark.parametrize(
    ("schema", "value", "to_fill"),
    [
        ({}, None, ()),
        ({"type": "null"}, None, ()),
        ({"type": "boolean"}, False, ()),
        ({"type": "string"}, "", ((),)),
        ({"type": "string", "minLength": 2}, "??", ((),)),
        ({"type": "string", "pattern": "^0x.*"}, "0x", ((),)),
        ({"type": "integer", "minimum": 5}, 5, ((),)),
        ({"type": "integer", "exclusiveMinimum": 5}, 6, ((),)),
        ({"type": "integer", "maximum": -1}, -1, ((),)),
        ({"type": "number", "exclusiveMinimum": 0}, 0.5, ((),)),
        ({"type": ["null", "string"]}, "", ((),)),
        ({"const": "X"}, "X", ()),
        ({"enum": ["A", "B"]}, "A", ()),
        ({"type": "string", "default": "ON"}, "ON", ()),
        ({"type": "object", "default": "{}"}, {}, ()),
        ({"type": "object", "default": {"a": 1}}, {}, ()),
        ({"type": "string", "minLength": 1, "default": ""}, "?", ((),)),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 0, ((),)),
        ({"anyOf": [{"type": "integer", "minimum": 1}], "maximum": 3}, 1, ((),)),
        ({"type": "array", "minItems": 2, "items": {"type": "string"}}, ["", ""], ((0,), (1,))),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["A", "B"]}}, ["A", "B"], ()),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "integer"}}, [0, 1], ((0,), (1,))),
        ({"type": "object", "required": ["x"]}, {"x": None}, ()),
        (
            {
                "type": "object",
                "properties": {"b": {"type": "string"}, "a": {"const": 1}, "c": {}},
                "required": ["a", "b"],
            },
            {"b": "", "a": 1},
            (("b",),),
        ),
    ],
)
def test_smallest(schema: dict[str, Any], value: Any, to_fill: Any) -> None:
    found = draft(schema)
    assert found.value == value
    assert type(found.value) is type(value)
    assert found.to_fill == to_fill
    assert Draft202012Validator(schema).is_valid(found.value)


def test_the_first_branch_that_can_be_met_is_taken_with_its_tag() -> None:
    schema = normalise(
        {
            "discriminator": {"propertyName": "kind", "mapping": {}},
            "oneOf": [
                {"type": "object", "properties": {"kind": {"const": "A", "type": "string"}, "n": {"type": "integer"}}},
                {"type": "object", "properties": {"kind": {"const": "B", "type": "string"}}},
            ],
        }
    )
    assert draft(schema).value == {"kind": "A"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text("ab?", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
COUNTS = st.integers(0, 3)
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["null", "boolean", "integer", "number", "string", ["string", "null"]]),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": st.integers(-3, 3),
            "exclusiveMaximum": st.integers(-3, 3),
            "minLength": COUNTS,
            "maxLength": COUNTS,
            "pattern": st.sampled_from(["^a", "b$", "a.b"]),
        },
    ),
    lambda inner: (
        st.fixed_dictionaries(
            {"type": st.sampled_from(["array", "object"])},
            optional={
                "items": inner,
                "minItems": COUNTS,
                "uniqueItems": st.booleans(),
                "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
                "required": st.lists(st.sampled_from("ab"), unique=True, max_size=2),
                "additionalProperties": inner | st.booleans(),
            },
        )
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=6,
)


@given(schema=SCHEMAS, value=VALUES)
def test_it_judges_as_the_validator_does(schema: dict[str, Any], value: Any) -> None:
    assert allows(schema, value) == Draft202012Validator(schema).is_valid(value)
