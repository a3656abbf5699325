"""The beginning of a text too long to read, and how long a value is as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.firstpart import first_part, json_length

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)


@given(value=st.lists(values, min_size=1), most=st.integers(1, 200), indent=st.sampled_from([None, 1]))
def test_the_first_items_of_a_list_are_whole_and_right(value: list[Any], most: int, indent: int | None) -> None:
    before, after = '{"result": ', "}"
    text = before + json.dumps(value, indent=indent) + after
    part = first_part(text, len(before), len(text) - len(after), most=most)
    if isinstance(part, str):
        assert text[len(before) :].startswith(part)
    else:
        assert part == value[: len(part)]
        assert part


def test_a_number_cut_in_the_middle_is_not_taken() -> None:
    text = json.dumps([11, 22, 333333])
    assert first_part(text, 0, len(text), most=11) == [11, 22]
    assert first_part(text, 0, len(text)) == [11, 22, 333333]


def test_dates_are_read_as_everywhere() -> None:
    text = '[{"$date": 0}]'
    assert first_part(text, 0, len(text)) == [datetime(1970, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize("text", ['{"a": [1, 2, 3]}', '"text"', "[", "[x", "[[[[[[", "12", "[]"])
def test_of_anything_else_the_first_characters_are_shown(text: str) -> None:
    assert first_part(text, 0, len(text)) == text


@given(value=values)
def test_the_length_is_that_of_the_server_s_text(value: Any) -> None:
    assert json_length(value) == len(json.dumps(value))


@pytest.mark.parametrize("value", [[0] * 70_000, {"a": [{"b": "x" * 3_000_000}]}, [[{}] * 100] * 1000])
def test_what_is_too_large_to_measure_in_passing_has_none(value: Any) -> None:
    assert json_length(value) is None
