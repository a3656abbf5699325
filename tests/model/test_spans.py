"""Problems at their places in the text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.test_catalogue import argument, one
from truenas_client.methods.check import Problem
from tui.model.jsontext import parse
from tui.model.spans import attribute_path, place, place_attributes

NAMES = ("id", "data", "login_data")
PARAMS: list[Any] = [
    "tank",
    {"name": "x", "nested": {"port": 1}, "disks": [{"dev": "sda"}], "a.b": {"c": 1}},
    {"mechanism": "PASSWORD_PLAIN", "password": "p"},
]


@pytest.mark.parametrize(
    ("attribute", "path"),
    [
        ("", ()),
        (None, ()),
        ("id", (0,)),
        ("data", (1,)),
        ("data.nested.port", (1, "nested", "port")),
        ("data.disks.0.dev", (1, "disks", 0, "dev")),
        ("data.disks[0].dev", (1, "disks", 0, "dev")),
        ("data.disks.7.dev", (1, "disks")),
        (f"data.disks.{'9' * 5000}.dev", (1, "disks")),
        ("data.missing", (1,)),
        ("data.nested.missing.deeper", (1, "nested")),
        ("data.a.b.c", (1, "a.b", "c")),
        ("login_data.PASSWORD_PLAIN.password", (2, "password")),
        ("login_data.PASSWORD_PLAIN.missing", (2,)),
        ("pool_dataset_create.name", (1, "name")),
        ("pool_dataset_create.nested.port", (1, "nested", "port")),
        ("nested.port", (1, "nested", "port")),
        ("something_else", (2,)),
    ],
)
def test_a_servers_attribute_leads_to_the_argument(attribute: str | None, path: Any) -> None:
    assert attribute_path(attribute, PARAMS, NAMES) == path


def test_attributes_of_arguments_that_were_not_given() -> None:
    assert attribute_path("data.name", [], NAMES) == ()
    assert attribute_path("login_data", ["x"], NAMES) == ()
    assert attribute_path("other.name", ["x"], NAMES) == ()


def under(text: str, problems: Any) -> list[tuple[str, str]]:
    return [(text[problem.start : problem.end], problem.message) for problem in problems]


def test_server_errors_stand_at_their_fields() -> None:
    text = '[{"name": "x", "nested": {"port": 99999}}]'
    errors = [("wire_create.nested.port", "Port is busy"), ("wire_create.name", "Name is in use"), (None, "Nothing")]
    assert under(text, place_attributes(parse(text), errors, ["data"])) == [
        ("99999", "Port is busy"),
        ('"x"', "Name is in use"),
        (text, "Nothing"),
    ]


def test_check_problems_stand_at_values_and_keys_in_the_order_of_the_text() -> None:
    method = one(
        accepts=[
            argument(
                "options",
                type="object",
                additionalProperties=False,
                properties={"limit": {"type": "integer"}, "name": {"type": "string", "_required_": True}},
            )
        ]
    )
    text = '[{"limt": 1, "limit": "x"}, 5]'
    document = parse(text)
    assert under(text, place(document, method.check(document.value))) == [
        ('{"limt": 1, "limit": "x"}', "missing field name"),
        ('"limt"', "no field limt, did you mean limit?"),
        ('"x"', "expected a whole number, not text"),
        ("5", "too many arguments: this method takes one argument"),
    ]


def test_a_long_container_is_marked_at_its_key_or_its_bracket() -> None:
    text = '[\n  {\n    "a": {\n      "b": 1\n    }\n  }\n]'
    document = parse(text)
    problems = [Problem((0,), "one"), Problem((0, "a", "missing"), "two"), Problem((), "three"), Problem((7,), "four")]
    expected = [("{", "one"), ('"a"', "two"), ("[", "three"), ("[", "four")]
    assert sorted(under(text, place(document, problems))) == sorted(expected)


@pytest.mark.parametrize("text", ["", "[", "{", "nonsense", '[{"a": ', "5"])
def test_places_are_found_in_any_text(text: str) -> None:
    document = parse(text)
    placed = place(document, [Problem((0, "a", 1), "x"), Problem((), "y"), Problem((0, "b"), "z", key=True)])
    placed += place_attributes(document, [("data.a.b", "x"), ("", "y")], ["data"])
    assert all(0 <= problem.start <= problem.end <= len(text) for problem in placed)
