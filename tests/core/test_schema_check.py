"""What is wrong with arguments, in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_catalogue import argument, one
from tests.facts import catalogue as real
from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.check import Problem, check
from truenas_client.methods.validator import Stopped, stopping

OPTIONS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "limit": {"type": "integer", "minimum": 0},
        "order_by": {"type": "array", "items": {"type": "string"}},
        "mode": {"type": "string", "enum": ["QUICK", "FULL", "FULL_RANDOM"]},
        "name": {"type": "string", "minLength": 1, "maxLength": 8},
        "size": {"anyOf": [{"type": "integer", "minimum": 10}, {"type": "null"}]},
        "when": {"type": "string", "format": "date-time", "minLength": 1},
    },
}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"limt": 5}, ("limt",), "no field limt, did you mean limit?"),
        ({"colour": 5}, ("colour",), "no field colour"),
        ({"limit": "5"}, ("limit",), "expected a whole number, not text"),
        ({"limit": 1.5}, ("limit",), "expected a whole number, not the number 1.5"),
        ({"limit": True}, ("limit",), "expected a whole number, not true"),
        ({"limit": -1}, ("limit",), "must be at least 0"),
        ({"order_by": ["a", 1]}, ("order_by", 1), "expected text, not a number"),
        ({"order_by": "a"}, ("order_by",), "expected a list, not text"),
        ({"mode": "QUIK"}, ("mode",), 'no choice "QUIK", did you mean "QUICK"?'),
        ({"mode": "quick"}, ("mode",), 'no choice "quick", did you mean "QUICK"?'),
        ({"mode": "?"}, ("mode",), 'expected one of "QUICK", "FULL", "FULL_RANDOM"'),
        ({"mode": 1}, ("mode",), "expected text, not a number"),
        ({"name": ""}, ("name",), "must not be empty"),
        ({"name": "123456789"}, ("name",), "may have at most 8 characters, has 9"),
        ({"size": "x"}, ("size",), "expected a whole number or null, not text"),
        ({"size": 3}, ("size",), "must be at least 10"),
        ([], (), "expected an object, not a list"),
        (None, (), "expected an object, not null"),
    ],
)
def test_messages(value: Any, path: tuple[str | int, ...], message: str) -> None:
    assert [(problem.path, problem.message) for problem in check(OPTIONS, value)] == [(path, message)]


def test_a_misspelt_name_is_marked_at_the_key() -> None:
    assert check(OPTIONS, {"limt": 1}, at=(1,)) == [
        Problem((1, "limt"), "no field limt, did you mean limit?", key=True),
    ]


def test_every_missing_field_is_named_once() -> None:
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}
    assert [problem.message for problem in check(schema, {})] == ["missing field a", "missing field b"]


TAGGED = {
    "discriminator": {"propertyName": "type"},
    "anyOf": [
        {
            "type": "object",
            "properties": {"type": {"const": "S3"}, "key": {"type": "string"}},
            "required": ["type", "key"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"type": {"const": "B2"}, "account": {"type": "string"}},
            "required": ["type", "account"],
            "additionalProperties": False,
        },
    ],
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "S3"}, [((), "missing field key")]),
        ({"type": "B2", "account": 1}, [(("account",), "expected text, not a number")]),
        ({"type": "S4", "key": "x"}, [(("type",), 'expected one of "S3", "B2"')]),
        ({"key": "x"}, [((), 'missing field type: one of "S3", "B2"')]),
        ("S3", [((), "expected an object, not text")]),
    ],
)
def test_of_tagged_alternatives_only_the_meant_one_is_explained(value: Any, expected: Any) -> None:
    assert [(problem.path, problem.message) for problem in check(TAGGED, value)] == expected


def test_without_a_tag_the_branch_with_the_fitting_constant_is_explained() -> None:
    schema = {"anyOf": TAGGED["anyOf"]}
    assert [p.message for p in check(schema, {"type": "B2", "account": 1})] == ["expected text, not a number"]


def test_arguments_are_counted() -> None:
    method = one(accepts=[argument("name", type="string"), argument("force", required=False, type="boolean")])
    assert method.check([]) == [Problem((), "missing argument name")]
    assert method.check(["x"]) == []
    assert method.check(["x", True, 1]) == [Problem((2,), "too many arguments: this method takes 2 arguments")]
    assert method.check(["x", 1]) == [Problem((1,), "expected true or false, not a number")]
    assert method.check({"name": "x"}) == [Problem((), "the arguments are a list: [ ... ]")]
    assert one().check([1]) == [Problem((0,), "too many arguments: this method takes no arguments")]


@pytest.mark.parametrize(
    "when", [{"$date": 1}, datetime(2026, 1, 1, tzinfo=UTC), {"$type": "date", "$value": "2026-01-01"}]
)
def test_extended_forms_count_as_the_text_they_stand_for(when: Any) -> None:
    assert check(OPTIONS, {"when": when}) == []
    assert check(OPTIONS, {"order_by": {"$set": ["a"]}}) == []
    (problem,) = check(OPTIONS, {"limit": when})
    assert problem.path == ("limit",)
    assert problem.message in ("expected a whole number, not a date", "expected a whole number, not a day")


def test_a_schema_nobody_can_read_is_left_to_the_server() -> None:
    assert check({"type": "unheard-of"}, 1) == []
    assert check({"type": "string", "pattern": "("}, "x") == []


def test_real_mistakes() -> None:
    catalogue = Catalogue.from_methods(real("cut"))
    query = catalogue.methods["pool.query"]
    assert query.check([[["status", "!=", "ONLINE"]], {"order_by": ["-size"], "limit": 50}]) == []
    assert query.check([[], {"limt": 50}]) == [Problem((1, "limt"), "no field limt, did you mean limit?", key=True)]
    create = catalogue.methods["pool.dataset.create"]
    assert create.check([{"type": "FILESYSTEM"}]) == [Problem((0,), "missing field name")]


def test_the_validator_is_loaded_by_the_first_check_only() -> None:
    code = (
        "import sys; from truenas_client.methods.catalogue import Catalogue\n"
        "m = Catalogue.from_methods({'a.b': {'accepts': [{'_name_': 'n', '_required_': True, 'type': 'string'}]}})\n"
        "m.get('a.b').draft(); assert 'jsonschema' not in sys.modules\n"
        "m.get('a.b').check([1]); assert 'jsonschema' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_check_stops_when_told_and_only_then() -> None:
    members = {f"m{number}": {"type": "integer"} for number in range(500)}
    schema = {"type": "object", "properties": members}
    value = {**dict.fromkeys(members, 1), "m499": "x"}
    asked = 0

    def after(count: int) -> Callable[[], bool]:
        def stop() -> bool:
            nonlocal asked
            asked += 1
            return asked > count

        return stop

    with stopping(after(100)), pytest.raises(Stopped):
        check(schema, value)
    assert asked == 101
    with stopping(after(10_000)):
        assert len(check(schema, value)) == 1
    assert len(check(schema, value)) == 1


ITEMS = [
    {"type": "integer", "minimum": 3},
    {"type": ["string", "null"], "pattern": "^a", "maxLength": 3},
    {"enum": ["a", 1, None, True]},
    {"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"n": {"const": 1}}, "required": ["n"]}]},
    {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    {"type": "integer", "multipleOf": 2},
    {"not": {"type": "string"}},
    True,
]
VALUES = st.sampled_from(
    [
        0,
        1,
        3,
        4,
        -1,
        1.0,
        True,
        None,
        "",
        "a",
        "abcd",
        "b",
        {},
        {"n": 1},
        {"n": "x"},
        {"m": 1},
        [],
        ["a", "a"],
        ["a", 1],
    ]
)


@given(st.sampled_from(ITEMS), st.lists(VALUES, min_size=20, max_size=30))
def test_items_of_long_lists_are_judged_as_each_for_itself(schema: Any, values: list[Any]) -> None:
    expected = [problem for index, value in enumerate(values) for problem in check({"items": schema}, [value])]
    found = check({"type": "array", "items": schema}, values)
    assert [(one.path[1:], one.message) for one in found] == [(one.path[1:], one.message) for one in expected]
    assert [one.path[0] for one in found] == sorted(one.path[0] for one in found)  # type: ignore[type-var]
    either = check({"anyOf": [{"type": "null"}, {"type": "array", "items": schema}]}, values)
    assert bool(either) == bool(expected)


def test_of_two_kinds_of_long_list_the_one_most_items_are_of_is_explained() -> None:
    ours = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    theirs = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {"anyOf": [{"type": "array", "items": items} for items in (ours, theirs)] + [{"type": "null"}]}
    for count in (5, 50):  # of short lists the ordinary way says the same
        assert check(schema, [{"b": "x"}] * count) == []
        assert check(schema, [{"b": "x"}] * count + [{"b": 1}]) == [
            Problem((count, "b"), "expected text, not a number")
        ]
    assert check({"anyOf": [{"type": "null"}, {"type": "string"}]}, [1] * 50) == [
        Problem((), "expected null or text, not a list")
    ]


def test_of_many_wrong_items_as_many_are_told_as_anybody_reads() -> None:
    assert len(check({"type": "array", "items": {"type": "string"}}, [1] * 1000)) == 100
