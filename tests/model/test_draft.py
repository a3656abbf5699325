"""The draft of a method: what is wrong with it, what waits to be filled in, and edits that put values into its text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import Catalogue
from truenas_client.methods.catalogue import Method
from tui.model.draft import Draft, Patch, arguments_text
from tui.model.failure import FieldProblem

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
PARTS = st.lists(st.text(max_size=5) | st.integers(0, 3), max_size=4)


def method() -> Method:
    schema = {
        "type": "object",
        "_name_": "shelf",
        "_required_": True,
        "properties": {"name": {"type": "string"}, "boards": {"type": "integer"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    found = Catalogue.from_methods({"shelf.create": {"accepts": [schema], "returns": [{"type": "null"}]}})
    return found.get("shelf.create")  # type: ignore[return-value]


def edited(text: str, patch: Patch) -> str:
    return text[: patch.start] + patch.text + text[patch.end :]


def looked(text: str | None = None) -> Draft:
    draft = Draft(method(), text)
    draft.look()
    return draft


def test_it_begins_with_the_smallest_arguments_and_says_what_is_missing() -> None:
    draft = looked()
    assert json.loads(draft.text) == [{"name": ""}]
    assert draft.text == draft.smallest
    assert [draft.text[gap.start : gap.end] for gap in draft.gaps] == ['""']
    assert [one.message for one in draft.missing] == ["shelf.name is missing"]
    draft.text = '[{"name": "oak"}]'
    assert draft.gaps, "what waits to be filled in is of the text that was read"
    assert (draft.missing, draft.params, draft.unsendable) == ([], [{"name": "oak"}], "")
    assert draft.gaps == []


def test_what_can_not_be_sent_says_why() -> None:
    assert (looked("[1,").params, looked("[1,").unsendable) == (None, "this is not JSON")
    assert looked("{}").unsendable == "this is not a list in JSON"
    draft = looked('[{"name": "oak", "board": 3}]')
    assert [draft.text[one.start : one.end] for one in draft.problems] == ['"board"']
    assert draft.params == [{"name": "oak", "board": 3}], "the user may know better than the schema"


def test_what_the_server_said_is_of_one_text_only() -> None:
    draft = looked('[{"name": "oak"}]')
    draft.refuse([FieldProblem("shelf.name", "is taken"), FieldProblem("shelf.boards", "needs one")])
    told = {one.message: draft.text[one.start : one.end] for one in draft.problems}
    assert told["is taken"] == '"oak"'
    assert "boards: needs one" in told, "a field that is not there is named"
    assert draft.place_of("shelf.name") == draft.text.index('"oak"')
    draft.text = '[{"name": "elm"}]'
    draft.look()
    assert draft.problems == []


def test_what_was_read_aside_counts_for_its_own_text_only() -> None:
    draft, other = looked("[1,"), looked('[{"name": "oak"}]')
    assert not draft.take(other.read)
    draft.text = other.text
    assert draft.take(other.read)
    assert draft.problems == []


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        ('[{"name": "oak"}]', (0, "name"), "elm", '[{"name": "elm"}]'),
        ('[{"name": "oak"}]', (0, "boards"), 3, '[{"name": "oak", "boards": 3}]'),
        ('[\n  {\n    "name": "oak"\n  }\n]', (0, "boards"), 3, '[\n  {\n    "name": "oak",\n    "boards": 3\n  }\n]'),
        ("[]", (0, "name"), "elm", '[{"name": "elm"}]'),
        ("[ null ]", (0, "at", 2), 1, '[ {"at": [1]} ]'),
        ("[\n  1\n]", (1,), 2, "[\n  1,\n  2\n]"),
        ("[1]", (), [], "[]"),
    ],
)
def test_a_value_is_put_where_it_belongs(text: str, path: Any, value: Any, after: str) -> None:
    assert edited(text, Draft(text=text).put(path, value)) == after


def naive(value: Any, path: list[Any], put: Any) -> Any:
    """The value with another at a path; what is not there on the way is made, in a list as its last member."""
    if not path:
        return put
    part, *rest = path
    if isinstance(part, str):
        members = dict(value) if isinstance(value, dict) else {}
        return {**members, part: naive(members.get(part), rest, put)}
    items = list(value) if isinstance(value, list) else []
    if part >= len(items):
        return [*items, naive(None, rest, put)]
    return [*items[:part], naive(items[part], rest, put), *items[part + 1 :]]


@given(st.lists(VALUES, max_size=3), PARTS, VALUES, st.sampled_from([None, 2]))
def test_what_was_put_is_there_and_all_else_as_it_was(
    value: list[Any], path: list[Any], put: Any, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    assert json.loads(edited(text, Draft(text=text).put(tuple(path), put))) == naive(value, path, put)


def test_short_arguments_stand_in_one_line() -> None:
    assert arguments_text([[], {"limit": 1}]) == '[[], {"limit": 1}]'
    assert arguments_text([{"name": "x" * 40}]).count("\n") == 4
