"""Dates, times, sets and whole numbers in arguments: what running servers refuse is a problem, nothing else is."""

from __future__ import annotations

import copy
import random
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.facts import RELEASES
from tests.facts import catalogue as real
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.methods.check import Problem
from truenas_client.methods.forms import date_form
from truenas_client.methods.generate import generate

METHOD = Method(
    "demo.create",
    {
        "accepts": [
            {
                "_name_": "data",
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "expires_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                    "day": {"type": "string", "format": "date"},
                    "at": {"type": "string", "format": "time"},
                    "rules": {"type": "array", "items": {"enum": ["A", "B"], "type": "string"}, "uniqueItems": True},
                    "unique": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "default": []},
                    "aliases": {"type": "array", "items": {"type": "object"}, "uniqueItems": True},
                    "count": {"type": "integer"},
                    "share": {"type": "number"},
                    "numbers": {"type": "array", "items": {"type": "integer"}},
                },
            }
        ]
    },
)
MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("expires_at", "2030-01-01T00:00:00Z", 'a date is written {"$date": milliseconds}'),
        ("expires_at", "soon", 'a date is written {"$date": milliseconds}'),
        ("expires_at", {"$time": "12:00:00"}, "expected text, not a time"),
        ("day", "2030-01-01", 'a day is written {"$type": "date", "$value": "2030-01-31"}'),
        ("day", {"$date": 0}, "expected text, not a date"),
        ("at", "12:00", 'a time is written {"$time": "12:30:00"}'),
        ("rules", ["A"], 'a set is written {"$set": [...]}'),
        ("rules", {"$set": ["C"]}, 'expected one of "A", "B"'),
        ("name", {"$date": 0}, "expected text, not a date"),
        ("name", {"$time": "12:00:00"}, "expected text, not a time"),
        ("name", MOMENT, "expected text, not a date"),
        ("count", 1.0, "expected a whole number, not the number 1.0"),
        ("numbers", [1] * 30 + [2.0], "expected a whole number, not the number 2.0"),
        ("share", {"$date": 0}, "expected a number, not a date"),
    ],
)
def test_what_models_refuse_is_a_problem(member: str, value: Any, message: str) -> None:
    (problem,) = METHOD.check([{member: value}])
    assert (problem.path[:2], problem.message) == ((0, member), message)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("expires_at", {"$date": 1_893_456_000_000}),
        ("expires_at", MOMENT),
        ("expires_at", None),
        ("day", {"$type": "date", "$value": "2030-01-01"}),
        ("day", date(2030, 1, 1)),
        ("at", {"$time": "12:00:00"}),
        ("at", time(12)),
        ("rules", {"$set": ["A"]}),
        ("rules", {"A"}),
        ("unique", ["A"]),
        ("unique", {"$set": ["A"]}),
        ("aliases", [{"a": 1}]),
        ("count", 1),
        ("share", 1.0),
        ("share", 1),
        ("numbers", [1] * 30),
        ("name", "2030-01-01"),
    ],
)
def test_what_models_take_is_none(member: str, value: Any) -> None:
    assert METHOD.check([{member: value}]) == []


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2030-01-01", 1_893_456_000_000),
        ("2030-01-01T01:00:00+01:00", 1_893_456_000_000),
        (" 2030-01-01 00:00Z ", 1_893_456_000_000),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_as_people_write_it(text: str, milliseconds: int | None) -> None:
    assert date_form(text) == (None if milliseconds is None else {"$date": milliseconds})


def formed(values: list[Any], problem: Problem) -> list[Any]:
    """The values with the form that a problem asks for in its place."""
    values = copy.deepcopy(values)
    around: Any = values
    for key in problem.path[:-1]:
        around = around[key]
    value = around[problem.path[-1]]
    around[problem.path[-1]] = {"$set": value} if isinstance(value, list) else date_form(value)
    return values


@pytest.mark.parametrize("release", RELEASES)
def test_generated_arguments_pass_once_their_dates_and_sets_are_in_forms(release: str) -> None:
    chance = random.Random(release)
    formed_some = 0
    for method in Catalogue.from_methods(real(release)):
        values = [generate(param.schema, chance) for param in method.params]
        for problem in method.check(values):
            if " is written " in problem.message:
                values, formed_some = formed(values, problem), formed_some + 1
        assert [problem for problem in method.check(values) if problem.message.startswith("a ")] == [], method.name
    assert formed_some or release == "24.10"
