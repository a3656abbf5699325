"""Entries of ``core.get_methods`` that no server should send: each costs itself alone, in bounded work."""

from __future__ import annotations

import copy
import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facts import RELEASES
from tests.facts import catalogue as real
from tests.shelf import SHELF
from truenas_client.catalogue import Catalogue, Method
from truenas_client.schema.generate import generate
from truenas_client.schema.pattern import example, finds, runnable
from tui.model.completion import complete
from tui.model.examine import examine
from tui.model.known import Known
from tui.model.outline import method_page
from tui.widgets.method_rows import badges

HANG_SECONDS = 20.0
"""Far more than anything here takes: a test that hangs is to fail."""


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    def fail(*_: object) -> None:
        raise AssertionError("it does not come to an end")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def use(method: Method) -> None:
    """Everything that the app does with a method."""
    assert isinstance(method.summary, str)
    method.draft()
    method_page(method, held=())
    for values in (["a" * 60], [{"a": 1, "name": "x"}], [["aaaaaaaaaaaaaaaaaaaab"], None], []):
        method.check(values)
    examine('["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"]', method)
    for text, caret in (("[]", 1), ('[{""}]', 3), ('[{"a": ""}]', 8)):
        complete(method, text, caret, Known(), onward=True)
    generate(method.returns, random.Random(1))
    badges(method)
    again = Method.unpacked(method.name, {}, method.summary, method.names, method.pack())
    assert len(again.params) == len(method.params) or method.problems


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


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_odd_schema_costs_its_method_alone(name: str) -> None:
    use(Method("a.b", with_schema(SCHEMAS[name])))


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_description_is_read_in_bounded_work(name: str) -> None:
    text = TEXTS[name]
    schema = {"description": text, "_name_": "x"}
    use(Method("a.b", {"accepts": [schema], "description": text, "examples": {"websocket": [text]}}))
    use(Method("a.b", {"cli_description": text}))


@pytest.mark.parametrize("name", ENTRIES)
def test_an_odd_entry_is_a_method_all_the_same(name: str) -> None:
    catalogue = Catalogue.from_methods({"a.b": ENTRIES[name], "good.one": SHELF})
    assert list(catalogue.methods) == ["a.b", "good.one"]
    for method in catalogue:
        use(method)
    assert catalogue.methods["good.one"].problems == ()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (None, "its entry is NoneType"),
        ({"description": {"a": 1}}, "description is dict"),
        (with_schema({"properties": [1]}), "properties is a list"),
        (with_schema({"$ref": "#/nowhere"}), "$ref leads nowhere"),
        (with_schema({"type": "string", "pattern": "(a+)+"}), "a pattern takes too long to try"),
        (with_schema(SCHEMAS["50,000 members"]), "it has more than 4,000 parts"),
        (with_schema(SCHEMAS["lists of lists"]), "it is nested more than 60 deep"),
    ],
)
def test_list_and_docs_say_what_cannot_be_read(entry: Any, problem: str) -> None:
    (method,) = Catalogue.from_methods({"a.b": entry})
    page = method_page(method)
    assert problem in method.problems
    assert page.items[1].said().startswith("unreadable  ")
    assert problem in page.items[1].said()
    assert any(getattr(badge, "text", badge) == "unreadable" for badge in badges(method))


ODD = st.sampled_from(
    [None, True, 5, -1, 0.5, float("nan"), "", "x", "\ud800", "(a+)+$", [], [1], [None], {}, {"a": 1}, {"$ref": "#"}]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_part_of_an_entry_may_be_anything(data: st.DataObject) -> None:
    entry = copy.deepcopy(SHELF)
    for _ in range(data.draw(st.integers(1, 4))):
        at: Any = entry
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.integers(0, 4)) == 0:
                at[key] = copy.deepcopy(data.draw(ODD))
                break
            at = at[key]
    use(Method("shelf.create", entry))


@pytest.mark.parametrize("release", RELEASES)
def test_no_real_entry_has_a_problem(release: str) -> None:
    found = {}
    for method in Catalogue.from_methods(real(release)):
        _ = method.params, method.returns
        if method.problems:
            found[method.name] = method.problems
    assert found == {}


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(a|a)*", "(a?){30}a{30}", "(a{1000}){1000}", "a*a*a*a*b", "(?=a)+", r"(a)\1", "(", "a" * 501],
)
def test_a_pattern_that_may_take_too_long_is_never_tried(pattern: str) -> None:
    assert not runnable(pattern)
    assert finds(pattern, "a") is None
    assert example(pattern, min_length=3) is None


def test_a_long_text_is_not_searched_with_a_pattern_of_many_ends() -> None:
    assert finds(".*:.*", "a:b") is True
    assert finds(".*:.*", "a" * 100_000) is None
    assert finds("^[a-z]+$", "a" * 100_000) is True
