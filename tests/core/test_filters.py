"""The list filter: every recorded answer of the server's own, and what holds for any rows."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import require_facts
from truenas_client import ejson
from truenas_client.methods.filters import OPERATORS, FilterError, InvalidQuery, MatchNotFound, filter_list

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


def outcome(case: dict[str, Any], release: str) -> str:
    try:
        answer = filter_list(case["rows"], case["filters"], case["options"], release=release)
    except MatchNotFound:
        return "notfound"
    except FilterError:
        return "refused"
    return canonical(answer)


def canonical(value: Any) -> str:
    """JSON text that differs only where two answers do: dates in whole seconds, as servers send them."""
    if isinstance(value, dict):
        if set(value) == {"$date"}:
            return str(value["$date"] // 1000)
        return "{" + ",".join(f"{key!r}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (str, int, float, type(None))):
        return json.dumps(value)
    return canonical(json.loads(ejson.dumps(value)))


@pytest.mark.parametrize("release", ["26", "27"])
def test_every_case_played_to_the_servers_own_filter(release: str) -> None:
    path = require_facts() / "api" / "query-filters-26-27.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert len(lines) == 2000
    wrong = []
    for line in lines:
        expected = json.loads(line)[release]
        case = ejson.loads(line)
        wanted = canonical(expected["value"]) if "value" in expected else next(iter(expected))
        if outcome(case, release) != wanted:
            wrong.append(line)
    assert wrong == []


def test_releases_differ_in_the_weight_of_fields() -> None:
    rows = [{"uid": 0, "quota": 5}, {"uid": 1, "quota": 0}]
    order = {"order_by": ["uid", "quota"]}
    assert [row["uid"] for row in filter_list(rows, [], order)] == [1, 0]
    for older in ("24.10", "25.04", "25.10"):
        assert filter_list(rows, [], order, release=older) == filter_list(rows, [], order)
    assert [row["uid"] for row in filter_list(rows, [], order, release="27")] == [0, 1]


def test_what_27_takes_and_26_does_not() -> None:
    nulls = [{"a": None, "n": 1}, {"a": None, "n": 2}]
    for filters, options in (([["OR", []]], {}), ([["n", "C~", 1]], {}), ([], {"order_by": ["a"]})):
        with pytest.raises(FilterError):
            filter_list(nulls, filters, options)
    assert filter_list(nulls, [], {"order_by": ["a"]}, release="27") == nulls
    assert filter_list(nulls, [["OR", []]], release="27") == []
    assert filter_list([{"n": "Tank"}], [["n", "C~", "tANK"]], release="27") == [{"n": "Tank"}]


def test_a_path_into_lists_and_below_plain_values() -> None:
    rows = [{"a": 5, "l": [1]}]
    assert filter_list(rows, [["a.b.c", "=", 5]]) == rows
    assert filter_list(rows, [["l.3", "=", None]]) == rows
    assert filter_list(rows, [["l.name", "!=", 7]]) == []


def test_a_time_is_compared_with_iso_text() -> None:
    rows = [ejson.loads('{"at": {"$date": 1700000000123}}')]
    assert filter_list(rows, [["at.$date", ">", "2020-01-01T00:00:00+00:00"]]) == rows
    assert filter_list(rows, [["at.$date", "<", "2020-01-01T00:00:00+00:00"]]) == []
    for filters in ([["at.$date", "<", "2020-01-01"]], [["at.$date", ">", "soon"]], [["at.$date", "in", ["2020"]]]):
        with pytest.raises(FilterError):
            filter_list(rows, filters)


@pytest.mark.parametrize(
    ("filters", "options", "row"),
    [
        ([["id", "zz", 1]], {}, ("filters", "Value error, Invalid operation: zz")),
        ([["id", "Czz", 1]], {}, ("filters", "Value error, Invalid operation: Czz")),
        ([["id"]], {}, ("filters", "Value error, Invalid filter ['id']")),
        ([["id", "="]], {}, ("filters", "Value error, Invalid operation: id")),
        ([["OR", []]], {}, ("filters", "Value error, OR filter requires at least one branch.")),
        ([["name", "C~", "x"]], {}, ("filters", "Value error, Invalid case-insensitive operation: C~")),
        (
            [],
            {"get": True, "offset": 1},
            ("options", "Value error, Invalid options combination. `get` implies a single result."),
        ),
        ([], {"select": ["a.0"]}, ("options", "Value error, Selecting by list index is not supported")),
        ([], {"limit": 10_001}, ("options.limit", "Input should be less than or equal to 10000")),
    ],
    ids=str,
)
def test_what_is_refused_before_any_row_is_read(filters: Any, options: Any, row: tuple[str, str]) -> None:
    with pytest.raises(InvalidQuery) as refused:
        filter_list([], filters, options)
    assert (refused.value.part, refused.value.reason) == row


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
    assert filter_list(ROWS, [["id", ">", 1]], {"get": True, "limit": 1}) == ROWS[1]


def test_select_keeps_nesting_and_renames() -> None:
    options = {"select": ["scan.state", ["name", "title.short"]], "get": True}
    assert filter_list(ROWS, [["id", "=", 1]], options) == {"scan": {"state": "FINISHED"}, "title.short": "tank"}
    assert filter_list(ROWS, [["id", "=", 2]], options) == {"scan": None, "title.short": "Flash"}


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
