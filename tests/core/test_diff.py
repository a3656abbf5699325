"""The differences between two values: what they say, and that they lead from the one to the other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.applied import apply
from truenas_client.values.diff import Change, Item, change_text, diff
from truenas_client.values.kinds import path_text

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text("ab1", max_size=2)
KEYED = st.lists(
    st.fixed_dictionaries({}, optional={"id": st.integers(0, 6) | st.just("x"), "name": st.text("ab", max_size=2)}),
    max_size=6,
)
ROWS = st.lists(st.integers(0, 9), unique=True, max_size=8).flatmap(
    lambda ids: st.tuples(*(st.fixed_dictionaries({"id": st.just(id_), "v": st.integers(0, 2)}) for id_ in ids)).map(
        list
    )
)
VALUES = st.recursive(
    SCALARS | ROWS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abid"), inner, max_size=4) | KEYED,
    max_leaves=12,
)


def exact(value: Any) -> Any:
    """A form in which true, 1 and 1.0 differ."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return (type(value), value)


@given(VALUES, VALUES)
def test_the_changes_lead_from_one_to_the_other(old: Any, new: Any) -> None:
    before = exact(old)
    changes = diff(old, new)
    assert exact(apply(old, changes)) == exact(new)
    assert exact(old) == before
    assert bool(changes) is (exact(old) != exact(new))


@given(ROWS, ROWS)
def test_rows_are_known_by_their_id(old: list[Any], new: list[Any]) -> None:
    changes = diff(old, new)
    assert exact(apply(old, changes)) == exact(new)
    both = {row["id"] for row in old} & {row["id"] for row in new}
    if old and new:
        added = {change.path[0].value for change in changes if change.kind == "added"}  # type: ignore[union-attr]
        assert added == {row["id"] for row in new} - both


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ([{"id": 3, "size": 1}], [{"id": 3, "size": 2}], ["~ [id=3].size: 1 -> 2"]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}], ["~ [id=1]: now item 2"]),
        ([{"name": "a", "x": [1]}], [{"name": "a", "x": [1, 2]}], ["+ [name=a].x[1]: 2"]),
        ([{"name": "a"}], [{"name": "b"}], ['- [name=a]: {"name": "a"}', '+ [name=b]: {"name": "b"}']),
        ({"a": True}, {"a": 1}, ["~ a: true -> 1"]),
        ({"a": {"b": 1}}, {"a": {}}, ["- a.b: 1"]),
        ([1, 2, 3], [1], ["- [2]: 3", "- [1]: 2"]),
        (1, 1, []),
        (None, [], ["~ all of it: null -> []"]),
        ([{"id": 1}, {"id": 1}], [{"id": 1}], ['- [1]: {"id": 1}']),
    ],
)
def test_changes_in_words(old: Any, new: Any, lines: list[str]) -> None:
    assert [change_text(change) for change in diff(old, new)] == lines


def test_long_values_are_cut_in_words() -> None:
    assert change_text(Change("added", ("a",), new="x" * 100), most=10) == '+ a: "xxxxxx...'
    assert path_text(("a", Item("id", "t/x"), 0, "b", "c\nd.e")) == 'a[id=t/x][0].b["c\\nd.e"]'
