"""Three versions of a file's members become one, and nothing that one side changed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.memory.merging import merged

NAMES = st.sampled_from("abcde")
VALUES = (
    st.integers(0, 3) | st.lists(NAMES, unique=True, max_size=3) | st.dictionaries(NAMES, st.integers(0, 3), max_size=3)
)
MEMBERS = st.dictionaries(NAMES, VALUES, max_size=4)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ({}, {"a": 1}, {"b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {}, {"a": 1, "b": 2}, {"b": 2}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {}, {"a": 2}),
        ({"d": {"x": 1}}, {"d": {"x": 1, "y": 2}}, {"d": {"x": 5}}, {"d": {"x": 5, "y": 2}}),
        ({}, {"d": {"y": 2}}, {"d": {"x": 1}}, {"d": {"x": 1, "y": 2}}),
        (
            {"d": {"x": 1, "y": 2}},
            {"d": {"y": 2, "x": 3}},
            {"d": {"x": 1, "y": 2, "z": 4}},
            {"d": {"y": 2, "z": 4, "x": 3}},
        ),
        # The newest first, and the newest last.
        ({"r": ["b"]}, {"r": ["c", "b"]}, {"r": ["d", "b"]}, {"r": ["c", "d", "b"]}),
        ({"s": ["a"]}, {"s": ["a", "b"]}, {"s": ["a", "c"]}, {"s": ["a", "c", "b"]}),
        ({"s": ["a", "b"]}, {"s": ["b"]}, {"s": ["a", "b", "c"]}, {"s": ["b", "c"]}),
        # Lists of other things are values.
        ({"p": [1]}, {"p": [1, 2]}, {"p": [3]}, {"p": [1, 2]}),
    ],
)
def test_what_becomes_of_three_versions(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], result: dict[str, Any]
) -> None:
    found = merged(base, ours, theirs)
    assert found == result
    assert list(found) == list(result)


@given(base=MEMBERS, ours=MEMBERS, theirs=MEMBERS)
def test_a_change_of_one_side_is_never_lost(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert merged(base, base, theirs) == theirs
    assert merged(base, ours, base) == ours
    assert merged(base, ours, ours) == ours
    result = merged(base, ours, theirs)
    for name in {*base, *ours, *theirs}:
        if base.get(name) == ours.get(name):
            assert result.get(name) == theirs.get(name)
        elif base.get(name) == theirs.get(name):
            assert result.get(name) == ours.get(name)
        mine, other, both = (side.get(name) for side in (ours, theirs, result))
        if isinstance(mine, list) and isinstance(other, list):
            before = base.get(name) if isinstance(base.get(name), list) else []
            assert isinstance(both, list)
            assert {*mine, *other} - {*both} <= {*before}, "what was added is there"
            assert {*both} <= {*mine, *other}
