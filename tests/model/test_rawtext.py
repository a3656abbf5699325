"""Raw text, line by line, is what a JSON writer gives as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model import rawtext
from tui.model.rawtext import RawText, raw_steps

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=8),
    max_leaves=80,
)


def written(value: Any) -> str:
    return "".join(raw_steps(value)).rstrip("\n")


def counted(value: Any) -> RawText:
    text = RawText(value)
    for _ in text.measure():
        pass
    assert text.complete
    return text


@given(value=values)
def test_it_is_what_json_writes(value: Any) -> None:
    assert written(value) == json.dumps(value, indent=2, ensure_ascii=False)


@given(value=values, block=st.integers(1, 7))
def test_every_line_can_be_had_by_its_number(value: Any, block: int) -> None:
    before, rawtext.BLOCK = rawtext.BLOCK, block
    try:
        expected = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
        text = counted(value)
        assert len(text) == len(expected)
        assert [text.line(index).whole for index in reversed(range(len(text)))] == expected[::-1]
    finally:
        rawtext.BLOCK = before


@given(value=values, backwards=st.booleans(), data=st.data(), block=st.integers(1, 7))
def test_finding_meets_every_line_that_has_it_once(
    value: Any, backwards: bool, data: st.DataObject, block: int
) -> None:
    before, rawtext.BLOCK = rawtext.BLOCK, block
    try:
        text = counted(value)
        lines = written(value).split("\n")
        after = data.draw(st.integers(0, len(lines) - 1))
        found = [line for line in text.search("1", after=after, backwards=backwards) if line is not None]
    finally:
        rawtext.BLOCK = before
    around = [*range(after + 1, len(lines)), *range(after + 1)]
    if backwards:
        around = [*range(after - 1, -1, -1), *range(len(lines) - 1, after - 1, -1)]
    assert found == [line for line in around if "1" in lines[line]]


def test_long_flat_lists_are_reached_in_the_middle() -> None:
    value = {"before": 1, "numbers": list(range(100_000)), "after": {"x": [{"y": []}]}}
    text = counted(value)
    lines = json.dumps(value, indent=2).split("\n")
    assert len(text) == len(lines)
    for index in (0, 1, 2, 3, 255, 256, 70_000, 99_999, 100_003, len(lines) - 1):
        assert text.line(index).whole == lines[index]


def test_what_is_counted_so_far_can_be_read() -> None:
    value = [{"n": number, "deep": {"x": number}} for number in range(20_000)]
    text = RawText(value)
    steps = text.measure()
    seen = 0
    lines = json.dumps(value, indent=2).split("\n")
    while not text.complete:
        for _ in islice(steps, 3):
            pass
        assert len(text) >= seen
        seen = len(text)
        assert text.line(seen - 1).whole == lines[seen - 1]
    assert seen == len(lines)
    with pytest.raises(IndexError):
        text.line(seen)


def test_extended_forms_stand_in_one_line() -> None:
    assert written({"at": datetime(2025, 11, 21, tzinfo=UTC)}) == '{\n  "at": {"$date": 1763683200000}\n}'
    assert written([{3}]) == '[\n  {"$set": [3]}\n]'


def test_lines_for_the_screen_are_cut_and_those_that_are_copied_are_not() -> None:
    value = ["x" * 100_000]
    assert len(counted(value).line(1).text) < 10_000
    assert len(written(value)) > 100_000
    assert next(line for line in counted(value).search("x" * 50_000, after=0) if line is not None) == 1


def test_a_number_too_long_for_decimal_digits_is_written_all_the_same() -> None:
    assert written([10**5000]).startswith("[\n  0x")
