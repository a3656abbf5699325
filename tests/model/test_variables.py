"""Variables in arguments: which values may become one, what is asked for, and that a check takes one for any value."""

from __future__ import annotations

from typing import Any

import pytest

from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.secrets.placeholders import is_variable
from truenas_client.storage.saved_call import Variable
from tui.model.examine import examine
from tui.model.variables import leaves_of, to_ask


def method() -> Method:
    options = {
        "type": "object",
        "properties": {"limit": {"type": "integer"}, "get": {"type": "boolean"}, "name": {"type": "string"}},
        "additionalProperties": False,
    }
    accepts = [
        {"_name_": "filters", "_required_": True, "type": "array", "items": [{}]},
        {"_name_": "options", "_required_": True, **options},
    ]
    found = Catalogue.from_methods({"x.y": {"accepts": accepts, "returns": []}}).get("x.y")
    assert found is not None
    return found


def test_the_values_that_may_be_left_open() -> None:
    params: list[Any] = [
        [["pool", "=", "tank"], ["OR", [["n", ">", 5], ["n", "=", None]]], ["disks", "in", ["sda", "sdb"]]],
        {"limit": 5, "get": True, "deep": {"a": "x", "open": "${var:o}", "part": "a/${env:X}"}, "none": {}},
    ]
    leaves = leaves_of(params, ["filters", "options"])
    assert [(leaf.label, leaf.value, leaf.name, leaf.type) for leaf in leaves] == [
        ("pool =", "tank", "pool", "text"),
        ("filters.1.0", "OR", "filters", "text"),
        ("n >", 5, "n", "number"),
        ("n =", None, "n", "json"),
        ("filters.2.0", "disks", "filters", "text"),
        ("filters.2.1", "in", "filters", "text"),
        ("filters.2.2.0", "sda", "filters", "text"),
        ("filters.2.2.1", "sdb", "filters", "text"),
        ("options.limit", 5, "limit", "number"),
        ("options.get", True, "get", "json"),
        ("options.deep.a", "x", "a", "text"),
        ("options.deep.open", "${var:o}", "open", "text"),
    ]
    assert [leaf.label for leaf in leaves_of([{"name": "a"}], ["data"])] == ["name"]
    assert [leaf.label for leaf in leaves_of(["tank", "START"], ["name"])] == ["name", "1"]
    assert leaves_of([], []) == []


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("${var:a}", True), ("${var: a }", True), ("${var:}", False), ("x${var:a}", False), ("${var:a}${var:b}", False),
     ("$${var:a}", False), ("${env:a}", False), (5, False), (None, False)],
)  # fmt: skip
def test_what_is_a_variable(value: Any, is_one: bool) -> None:
    assert is_variable(value) is is_one


def test_what_is_asked_for_has_the_type_that_its_place_wants() -> None:
    params = [["${var:f}", "a/${var:part}"], {"limit": "${var:n}", "get": "${var:yes}", "name": "${var:name}"}]
    asked = to_ask(method(), params, {"part": Variable("part", "number", "how many")})
    assert [(one.name, one.type) for one in asked] == [
        ("f", "text"), ("part", "number"), ("n", "number"), ("yes", "json"), ("name", "text"),
    ]  # fmt: skip
    assert to_ask(method(), [{"x": "${var:api_key}"}], {})[0].type == "secret"
    assert to_ask(None, ["${var:a}", "${env:b}", "$${var:c}"], {}) == [Variable("a")]
    assert to_ask(method(), [[], {}], {"a": Variable("a")}) == []


def test_a_variable_is_no_problem_where_another_type_is_wanted() -> None:
    assert not examine('[[], {"limit": "${var:n}", "get": "${var:yes}"}]', method()).problems
    (problem,) = examine('[[], {"limit": "a${var:n}"}]', method()).problems
    assert "integer" in problem.message or "number" in problem.message
    (problem,) = examine('[[], {"limit": "${env:HOME}"}]', method()).problems
    assert examine('[[], {"limit": "${var:}"}]', method()).unsendable == "a name is missing"
