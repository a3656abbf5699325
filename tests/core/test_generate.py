"""Generated values: valid against their schema, the same for the same seed, and small."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import SOME_RELEASES, catalogue
from truenas_client.methods.check import check
from truenas_client.methods.generate import generate
from truenas_client.methods.normalise import Schema, normalise


@pytest.mark.parametrize("release", SOME_RELEASES)
def test_every_return_value_of_a_real_catalogue_is_valid(release: str) -> None:
    for name, entry in catalogue(release).items():
        schema = normalise((entry["returns"] or [{}])[0])
        for seed in (0, 1):
            made = generate(schema, Random(f"{seed} {name}"))
            assert check(schema, made) == [], name
            assert made == generate(schema, Random(f"{seed} {name}")), name
            assert len(json.dumps(made)) < 20_000, name


SCHEMAS: list[Schema] = [
    {},
    {"type": "string", "minLength": 20, "maxLength": 21},
    {"type": "string", "pattern": "^[^-]", "minLength": 3},
    {"type": "string", "format": "date-time"},
    {"type": "integer", "minimum": 90, "maximum": 91},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "integer", "exclusiveMaximum": -5},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
    {"type": "object", "additionalProperties": {"type": "boolean"}, "propertyNames": {"pattern": "^x[0-9]+$"}},
    {"type": "object", "required": ["free"], "additionalProperties": {"type": "integer"}},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 1}]},
    {"type": ["integer", "null"], "minimum": 5},
    {"type": "string", "enum": ["a", "b"]},
    {"const": None},
]


@given(schema=st.sampled_from(SCHEMAS), seed=st.integers(), size=st.integers(0, 500))
def test_values_are_valid_at_any_seed_and_size(schema: Schema, seed: int, size: int) -> None:
    assert check(schema, generate(schema, Random(seed), size=size)) == []


def test_size_bounds_the_optional_members() -> None:
    wide: dict[str, Any] = {"type": "object", "properties": {f"m{n}": {"type": "object"} for n in range(50)}}
    deep: Schema = {}
    for _ in range(30):
        deep = {"type": "array", "items": deep}
    assert generate(wide, Random(0), size=10) == {}
    assert len(generate(wide, Random(0), size=50)) == 50
    assert len(json.dumps(generate(deep, Random(0), size=100))) < 2_000


def test_names_make_numbers_plausible() -> None:
    members = {"port": {"type": "integer"}, "id": {"type": "integer"}, "percent": {"type": "number"}}
    for seed in range(30):
        made = generate({"type": "object", "properties": members}, Random(seed))
        assert 1 <= made["port"] <= 65_535
        assert 1 <= made["id"] <= 99
        assert 0 <= made["percent"] <= 100
