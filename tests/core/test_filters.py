"""The list filter: every recorded answer of the server's own, and what holds for any rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import require_facts
from truenas_client.filters import OPERATORS, FilterError, MatchNotFound, filter_list

ROWS = [
    {"id": 1, "name": "tank", "size": 30, "scan": {"state": "FINISHED"}, "disks": [{"size": 4}, {"size": 8}]},
    {"id": 2, "name": "Flash", "size": None, "scan": None, "disks": []},
    {"id": 3, "name": "a.b", "size": 10, "scan": {"state": None}, "disks": [{"size": 8}]},
]


def ids(filters: list[Any], **options: Any) -> list[int]:
    return [row["id"] for row in filter_list(ROWS, filters, options)]


def test_every_recorded_case() -> None:
    lines = (require_facts() / "api" / "query-filters.jsonl").read_text(encoding="utf-8").splitlines()
    rows = json.loads(lines[0])["rows"]
    assert len(lines) == 646
    wrong = []
    for line in lines[1:]:
        case = json.loads(line)
        try:
            answer = filter_list(rows, case["filters"], case["options"])
        except MatchNotFound:
            right = case.get("error") == "MatchNotFound"
        except FilterError as e:
            right = case.get("error") not in (None, "MatchNotFound") and str(e) != case["message"]
        else:
            if "rows" in case:
                right = [row["id"] for row in answer] == case["rows"]
            elif "row" in case:
                right = answer == next(row for row in rows if row["id"] == case["row"])
            else:
                right = "result" in case and json.dumps(answer) == json.dumps(case["result"])
        if not right:
            wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], [1, 2, 3]),
        ([["size", ">", 10], ["id", "=", 1]], [1]),
        ([["scan.state", "=", None]], [2, 3]),
        ([["missing", "!=", 1]], []),
        ([["disks.*.size", "=", 8]], [1, 3]),
        ([["disks.0.size", "=", 4]], [1]),
        ([["name", "C^", "FL"]], [2]),
        ([["name", "Cin", ["TANK", "flash"]]], [1, 2]),
        ([["OR", [["id", "=", 3], [["id", "<", 3], ["name", "^", "t"]]]]], [1, 3]),
        ([["name", "~", "[a-z]+$"]], [1]),
    ],
    ids=str,
)
def test_which_rows_match(filters: list[Any], found: list[int]) -> None:
    if any(item[0] == "size" for item in filters):
        # A null can't be compared; the filter before it keeps that row away.
        filters = [["size", "!=", None], *filters]
    assert ids(filters) == found


def test_a_dot_in_a_name_is_escaped() -> None:
    assert filter_list([{"a.b": 1}, {"a": {"b": 2}}], [[r"a\.b", "=", 1]]) == [{"a.b": 1}]


def test_order_limits_and_counting() -> None:
    assert ids([], order_by=["-id"], offset=1, limit=1) == [2]
    assert ids([], order_by=["nulls_first:-size"]) == [2, 1, 3]
    assert ids([], order_by=["nulls_last:size"]) == [3, 1, 2]
    assert filter_list(ROWS, [["id", ">", 1]], {"count": True, "limit": 1}) == 2


def test_select_keeps_nesting_and_renames() -> None:
    options = {"select": ["scan.state", ["name", "title.short"]], "get": True}
    assert filter_list(ROWS, [["id", "=", 1]], options) == {"scan": {"state": "FINISHED"}, "title": {"short": "tank"}}
    assert filter_list(ROWS, [["id", "=", 2]], options) == {"scan": None, "title": {"short": "Flash"}}


@pytest.mark.parametrize(
    ("filters", "options"),
    [
        ([["id", "=="]], {}),
        ([["id", "==", 1]], {}),
        ([["id", "C~", 1]], {}),
        ([5], {}),
        ([["OR", []]], {}),
        ([["OR", 5]], {}),
        ([["name", "<", 5]], {}),
        ([["name", "~", "("]], {}),
        ([["id", "^", "1"]], {}),
        ([[1, "=", 1]], {}),
        ([], {"get": True, "limit": 2}),
        ([], {"order_by": ["size"]}),
        ([], {"select": ["disks.0"]}),
        ([], {"select": [5]}),
        ([], {"order_by": [5]}),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(filters: list[Any], options: dict[str, Any]) -> None:
    with pytest.raises(FilterError) as refused:
        filter_list(ROWS, filters, options)
    assert not isinstance(refused.value, MatchNotFound)
    assert str(refused.value)


def test_get_without_a_row() -> None:
    with pytest.raises(MatchNotFound):
        filter_list(ROWS, [["id", "=", 9]], {"get": True})


values = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text("ab.C", max_size=3))
rows_ = st.lists(st.dictionaries(st.sampled_from("abc"), values), max_size=8)
filters_ = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "a.b"]), st.sampled_from(sorted(OPERATORS)), values))


@given(rows_, filters_)
def test_a_filter_answers_a_part_in_order_and_changes_nothing(rows: list[Any], filters: list[Any]) -> None:
    before = json.dumps(rows)
    try:
        found = filter_list(rows, [list(item) for item in filters])
    except FilterError:
        found = []
    assert json.dumps(rows) == before
    places = [next(place for place, row in enumerate(rows) if row is item) for item in found]
    assert places == sorted(places)


@given(rows_, st.integers(0, 9), st.integers(0, 9))
def test_pages_put_together_are_the_whole(rows: list[Any], offset: int, limit: int) -> None:
    first = filter_list(rows, [], {"limit": limit}) if limit else []
    rest = filter_list(rows, [], {"offset": limit})
    assert first + rest == rows
    assert filter_list(rows, [], {"offset": offset, "limit": limit}) == (
        rows[offset : offset + limit] if limit else rows[offset:]
    )


@given(st.recursive(values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)))
def test_any_filters_and_options_are_answered_or_refused(junk: Any) -> None:
    for filters, options in (([junk], {}), (["OR", [junk]], {}), ([["a", "=", junk]], {"select": [junk]})):
        try:
            filter_list([{"a": junk}], filters, options)
        except FilterError:
            continue
