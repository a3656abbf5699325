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

from tests.facts import CATALOGUES
from tests.facts import catalogue as real
from tests.odd import ENTRIES, SCHEMAS, TEXTS, with_schema
from tests.shelf import SHELF
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.methods.generate import generate
from truenas_client.methods.pattern import example, finds, runnable
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
    again = Method.unpacked(method.name, (), (), method.summary, method.names, method.pack())
    assert len(again.params) == len(method.params) or method.problems


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


@pytest.mark.parametrize("release", CATALOGUES)
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
