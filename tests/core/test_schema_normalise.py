"""Servers' schemas in standard form."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import RELEASES
from tests.facts import catalogue as real
from truenas_client.methods.check import check
from truenas_client.methods.describe import describe
from truenas_client.methods.draft import allows, draft
from truenas_client.methods.normalise import normalise
from truenas_client.methods.pattern import example


@pytest.mark.parametrize(
    ("given_schema", "expected"),
    [
        ({"type": "array", "items": [{"type": "float"}]}, {"type": "array", "items": {"type": "number"}}),
        ({"type": "array", "items": []}, {"type": "array"}),
        (
            {"type": "array", "items": [{"type": "string"}, {"type": "null"}]},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        ),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["A"], "nullable": True}, {"type": ["string", "null"], "enum": ["A", None]}),
        (
            {"anyOf": [{"type": "string"}], "nullable": True, "default": None},
            {"default": None, "anyOf": [{"anyOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": ["float", "null"]}, {"type": ["number", "null"]}),
        ({"type": "integer", "ge": 1, "le": 9}, {"type": "integer", "minimum": 1, "maximum": 9}),
        ({"title": None, "description": None, "type": "string"}, {"type": "string"}),
        ({"_name_": "x", "_required_": True, "title": "x"}, {"title": "x"}),
        (
            {"additionalProperties": {"items": [{}], "type": "array"}},
            {"additionalProperties": {"items": {}, "type": "array"}},
        ),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ("nonsense", {}),
        (None, {}),
    ],
)
def test_mended(given_schema: Any, expected: Any) -> None:
    assert normalise(given_schema) == expected


def test_required_members_join_the_list_and_stand_in_declared_order() -> None:
    schema = {
        "type": "object",
        "_attrs_order_": ["second", "first"],
        "properties": {
            "first": {"_name_": "first", "_required_": True, "type": "string"},
            "second": {"_name_": "second", "_required_": False, "type": "string"},
            "third": {"_name_": "third", "_required_": False, "type": "string"},
        },
        "required": ["third"],
    }
    result = normalise(schema)
    assert list(result["properties"]) == ["second", "first", "third"]
    assert sorted(result["required"]) == ["first", "third"]


def test_branches_of_a_discriminator_require_it() -> None:
    schema = {
        "discriminator": {"propertyName": "kind", "mapping": {"A": "#/$defs/A"}},
        "oneOf": [
            {"properties": {"kind": {"const": "A"}}},
            {"properties": {"kind": {"const": "B"}, "n": {}}, "required": ["n"]},
        ],
    }
    result = normalise(schema)
    assert result["discriminator"] == {"propertyName": "kind"}
    assert [sorted(branch["required"]) for branch in result["anyOf"]] == [["kind"], ["kind", "n"]]


def test_the_parts_of_an_object_are_one_object() -> None:
    """In ``allOf`` the schema around the parts counts first, then the first part; members of all are joined."""
    schema = {
        "title": "outer",
        "allOf": [
            {"title": "part", "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"allOf": [{"required": ["b"], "additionalProperties": False}]},
        ],
    }
    result = normalise(schema)
    assert sorted(result.pop("required")) == ["a", "b"]
    assert result == {
        "title": "outer",
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "additionalProperties": False,
    }
    assert draft(normalise({"allOf": [{"type": "string"}, {"minLength": 1}]})).value == "?"


def test_the_input_stays_as_it_was() -> None:
    schema = {
        "properties": {"a": {"_required_": True, "items": [{"nullable": True, "type": "string"}]}},
        "required": [],
    }
    before = copy.deepcopy(schema)
    normalise(schema)
    assert schema == before


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_of_the_servers_dialect_is_left_in_real_schemas(release: str) -> None:
    def look(schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        assert not schema.keys() & {"_name_", "_required_", "_attrs_order_", "nullable", "ge", "le"}
        assert "mapping" not in schema.get("discriminator", {})
        assert not isinstance(schema.get("items"), list)
        assert not schema.keys() & {"oneOf", "allOf"}
        kinds = schema.get("type", [])
        assert "float" not in (kinds if isinstance(kinds, list) else [kinds])
        for member in schema.get("properties", {}).values():
            look(member)
        for key in ("anyOf", "prefixItems"):
            for branch in schema.get(key, ()):
                look(branch)
        for key in ("items", "additionalProperties"):
            look(schema.get(key))

    for item in real(release).values():
        for schema in [*item["accepts"], *(item["returns"] or [])]:
            look(normalise(schema))


KEYWORDS = [
    *("type", "items", "properties", "required", "anyOf", "oneOf", "allOf", "enum", "const", "default", "minimum"),
    *("exclusiveMaximum", "minLength", "minItems", "uniqueItems", "pattern", "nullable", "discriminator", "format"),
    *("additionalProperties", "title", "description", "_attrs_order_", "prefixItems", "propertyName", "mapping"),
]
SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 50) | st.floats() | st.sampled_from(["string", "object", "(", "a", ""])
)
HOSTILE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "x"]), inner, max_size=4),
    max_leaves=12,
)


@given(schema=HOSTILE, value=HOSTILE)
def test_a_hostile_schema_breaks_nothing(schema: Any, value: Any) -> None:
    standard = normalise(schema)
    draft(standard)
    allows(standard, value)
    describe(standard, name="x")
    check(standard, value)


def test_endless_nesting_is_cut() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(400):
        schema = {"type": "array", "minItems": 1, "items": [schema]}
    assert draft(normalise(schema)).value
    assert describe(normalise(schema)).type


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
        r"^\w+[\w.-]*$",
        r"^[^-]",
        r"^/mnt/[^{}]*$",
        r"^([0-9A-Fa-f]{2}[:-]?){5}([0-9A-Fa-f]{2})$",
        r"^0x.*",
        r"^naa.[0-9a-fA-F]{16}$",
        r"^[a-zA-Z0-9,\-_:]+(/[1-9][0-9]*)?$",
        r".*:.*",
        r"^[!\$%&()\+\-_={}\[\]<>,\.\?a-zA-Z0-9\s]*$",
        r"^(?:yes|no)$",
        r"^\d{3,5}x{2,}$",
    ],
)
@pytest.mark.parametrize("bounds", [(0, None), (5, None), (5, 20)])
def test_a_text_for_a_pattern(pattern: str, bounds: tuple[int, int | None]) -> None:
    import re

    text = example(pattern, min_length=bounds[0], max_length=bounds[1])
    if text is None:
        # Fixed forms have no text of other lengths.
        assert pattern in (r"^naa.[0-9a-fA-F]{16}$", r"^(?:yes|no)$")
        assert bounds != (0, None)
    else:
        assert re.search(pattern, text)
        assert bounds[0] <= len(text)
        assert bounds[1] is None or len(text) <= bounds[1]


@pytest.mark.parametrize("pattern", ["(", "(?=x)y", r"(a)\1", "["])
def test_patterns_it_cannot_read_give_nothing_or_the_truth(pattern: str) -> None:
    assert example(pattern) is None
