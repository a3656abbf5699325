"""The table model: columns, cells, sorting and finding."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.values import table as model
from truenas_client.values.cells import cell_of, sort_key
from truenas_client.values.table import Arrangement, Table, is_table
from truenas_client.values.texttable import TextTable

POOLS: list[dict[str, Any]] = [
    {"id": 1, "name": "tank", "topology": {"data": []}, "healthy": True, "size": 11957192654848, "scan": None},
    {"id": 2, "name": "archive", "topology": {"data": []}, "healthy": False, "size": None, "extra": "x"},
]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("aB1é²", max_size=5), st.dates(), st.times(),
    st.datetimes(timezones=st.just(UTC)), st.lists(st.integers(), max_size=3), st.just({"value": "1", "rawvalue": "1"}),
)  # fmt: skip
tables = st.lists(st.dictionaries(st.sampled_from("abcde"), scalars, max_size=5), min_size=1, max_size=16)
arrangements = st.builds(
    Arrangement,
    order=st.lists(st.sampled_from("abcdez"), unique=True).map(tuple),
    hidden=st.frozensets(st.sampled_from("abcdez")),
    pinned=st.lists(st.sampled_from("abcdez"), unique=True).map(tuple),
    sort=st.none() | st.sampled_from("abcdez"),
    descending=st.booleans(),
    shown=st.frozensets(st.sampled_from("abcdez")),
)


def sorted_table(rows: list[dict[str, Any]], arrangement: Arrangement) -> Table:
    table = Table(rows, arrangement)
    for _ in table.sort():
        pass
    return table


def test_what_is_a_table() -> None:
    assert is_table(POOLS)
    assert not any(is_table(value) for value in ([], [1], [{}, 1], {"a": {}}, "x", None, [None]))


def test_without_a_choice_the_columns_are_those_of_the_command_line() -> None:
    table = Table(POOLS)
    assert table.columns == TextTable(POOLS).columns == ("id", "name", "size", "extra", "healthy")
    assert table.keys[:7] == (*table.columns, "topology", "scan")
    best = ("name", "topology.data", "nowhere")
    assert Table(POOLS, best=best).columns == TextTable(POOLS, best=best).columns == ("name",)
    # What no row tells is left out: null, empty, a property without a value.
    unset = {"value": None, "rawvalue": "0", "parsed": None, "source": "NONE"}
    silent = [{"name": name, "quota": unset, "comment": "", "serial": None, "size": 0} for name in "ab"]
    assert Table(silent, best=("serial", "name", "quota", "size", "comment")).columns == ("name", "size")


def test_columns_inside_members_can_be_shown_sorted_and_found() -> None:
    rows: list[dict[str, Any]] = [
        {"id": at, "used": {"value": f"{at}K", "rawvalue": str(at), "parsed": at}, "disks": [{"serial": f"s{at}"}]}
        for at in (3, 1, 2)
    ]
    table = Table(rows, best=("id", "disks.*.serial"))
    assert table.columns == ("id", "disks.*.serial")
    assert table.cell(0, "disks.*.serial").text == "s3"
    assert table.place(0, "disks.*.serial") == (0, "disks")
    table.arrange(replace(table.toggled("used.parsed"), sort="used.parsed"))
    assert "used.parsed" in table.columns
    for _ in table.sort():
        pass
    assert [table.value(index, "used.parsed") for index in range(3)] == [1, 2, 3]
    assert table.place(0, "used.parsed") == (1, "used", "parsed")
    table.arrange(table.toggled("used.parsed"))
    assert "used.parsed" not in table.columns
    assert [table.field(key) for key in ("id", "used", "disks", "disks.*.serial")] == ["id", "used.parsed", "", ""]


def test_exact_values_are_one_switch_away() -> None:
    table = Table([{"size": 11957192654848, "when": datetime(2025, 11, 21, tzinfo=UTC), "fragmentation": "4"}])
    readable = [table.cell(0, key).text for key in ("size", "when", "fragmentation")]
    assert readable == ["10.9 TiB", "2025-11-21 00:00Z", "4 %"]
    table.exact = True
    exact = [table.cell(0, key).text for key in ("size", "when", "fragmentation")]
    assert exact == ["11957192654848", "2025-11-21T00:00:00+00:00", "4"]


@pytest.mark.parametrize(
    ("key", "value", "text", "kind"),
    [
        ("name", "tank", "tank", "text"),
        ("name", "", '""', "null"),
        ("size", 11957192654848, "10.9 TiB", "number"),
        ("id", 7, "7", "number"),
        ("healthy", True, "yes", "text"),
        ("healthy", False, "no", "text"),
        ("scan", None, "null", "null"),
        ("when", datetime(2025, 11, 21, tzinfo=UTC), "2025-11-21 00:00Z", "date"),
        ("roles", ["READ", "WRITE"], "READ, WRITE", "text"),
        ("roles", list(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … [20]", "text"),
        ("disks", [{"a": 1}], "[1]", "container"),
        ("disks", [], "[0]", "container"),
        ("scan", {"function": "SCRUB", "name": "x"}, "{2} x", "container"),
        ("used", {"value": "1.1G", "rawvalue": "1181116006", "parsed": 1181116006}, "1.1G", "number"),
        ("used", {"value": None, "rawvalue": "0", "parsed": None}, "null", "null"),
        ("members", {3, 1}, "[2]", "container"),
    ],
)
def test_what_stands_in_a_cell(key: str, value: Any, text: str, kind: str) -> None:
    assert (cell_of(key, value).text, cell_of(key, value).kind) == (text, kind)


def test_a_missing_value_is_not_null() -> None:
    assert Table(POOLS).cell(0, "extra").kind == "missing"
    assert Table(POOLS).cell(0, "extra").text == ""


def test_numbers_stand_at_the_right_only_where_there_is_nothing_else() -> None:
    table = Table([{"n": 1, "m": 1, "t": "x"}, {"n": None, "m": "x", "t": "y"}])
    assert [key for key in table.columns if table.is_numeric(key)] == ["n"]


def test_sorting_goes_up_then_down_then_back() -> None:
    chosen = Arrangement().sorted_by("size")
    assert (chosen.sort, chosen.descending) == ("size", False)
    chosen = chosen.sorted_by("size")
    assert (chosen.sort, chosen.descending) == ("size", True)
    assert chosen.sorted_by("size").sort is None
    assert chosen.sorted_by("name") == Arrangement(sort="name")


@pytest.mark.parametrize("descending", [False, True])
def test_null_and_missing_stand_last_both_ways(descending: bool) -> None:
    rows: list[dict[str, Any]] = [{"v": None}, {"v": 2}, {}, {"v": 1}, {"v": float("nan")}]
    table = sorted_table(rows, Arrangement(sort="v", descending=descending))
    assert [table.source(index) for index in range(5)] == [*((1, 3) if descending else (3, 1)), 0, 2, 4]


def test_digits_in_texts_count_as_numbers_and_capitals_do_not_count() -> None:
    rows = [{"v": text} for text in ("sda10", "SDA2", "sda1", "", "10", "9", "b", "²", "٣")]
    table = sorted_table(rows, Arrangement(sort="v"))
    order = [table.row(index)["v"] for index in range(len(rows))]
    assert order.index("9") < order.index("10")
    assert order.index("sda1") < order.index("SDA2") < order.index("sda10")


def test_kinds_are_sorted_one_after_the_other() -> None:
    values: list[Any] = ["x", 3, True, datetime(2025, 1, 1, tzinfo=UTC), date(2025, 1, 1), time(1), [1, 2], [1], -0.5]
    table = sorted_table([{"v": value} for value in values], Arrangement(sort="v"))
    assert [table.row(index)["v"] for index in range(len(values))] == [
        True, -0.5, 3, "x", datetime(2025, 1, 1, tzinfo=UTC), date(2025, 1, 1), time(1), [1], [1, 2],
    ]  # fmt: skip


def test_properties_are_sorted_by_their_exact_value() -> None:
    rows = [{"used": {"value": text, "rawvalue": str(n), "parsed": n}} for text, n in (("9K", 9216), ("1G", 1 << 30))]
    table = sorted_table(rows, Arrangement(sort="used"))
    assert [table.cell(index, "used").text for index in (0, 1)] == ["9K", "1G"]


@given(rows=tables, arrangement=arrangements, step=st.integers(1, 5))
def test_sorting_is_a_stable_order_whatever_the_steps(
    rows: list[dict[str, Any]], arrangement: Arrangement, step: int
) -> None:
    before, model.STEP = model.STEP, step
    try:
        table = sorted_table(rows, arrangement)
    finally:
        model.STEP = before
    order = [table.source(index) for index in range(len(table))]
    assert sorted(order) == list(range(len(rows)))
    assert table.is_sorted
    assert [table.shown_at(source) for source in order] == list(range(len(rows)))
    if arrangement.sort is None:
        assert order == list(range(len(rows)))
        return
    keys = [sort_key(rows[place].get(arrangement.sort)) for place in order]

    def compare(one: Any, other: Any) -> int:
        if one is None or other is None:
            return (one is None) - (other is None)
        return ((one > other) - (one < other)) * (-1 if arrangement.descending else 1)

    ranked = [cmp_to_key(compare)(key) for key in keys]
    for at, (one, other) in enumerate(pairwise(ranked)):
        assert not other < one
        # Equal ones stay as the server sent them.
        assert one < other or order[at] < order[at + 1]


@given(rows=tables, arrangement=arrangements)
def test_columns_are_every_key_once_and_never_none(rows: list[dict[str, Any]], arrangement: Arrangement) -> None:
    table = Table(rows, arrangement)
    known = {key for row in rows for key in row}
    assert len(table.keys) == len(set(table.keys))
    assert set(table.whole) == known <= set(table.keys)
    assert bool(table.columns) == bool(known)
    shown = (set(table.chosen) - arrangement.hidden) | (arrangement.shown & known)
    assert set(table.columns) == shown or (not shown and len(table.columns) == bool(known))
    pinned = table.pinned
    assert all((key in arrangement.pinned) == (at < pinned) for at, key in enumerate(table.columns))


@given(arrangement=arrangements)
def test_an_arrangement_survives_as_json(arrangement: Arrangement) -> None:
    assert Arrangement.from_dict(json.loads(json.dumps(arrangement.as_dict()))) == arrangement


@pytest.mark.parametrize("kept", [None, [], "x", {"order": 3, "hidden": {"a": 1}, "pinned": [1, None], "sort": ["x"]}])
def test_anything_else_is_no_choice(kept: Any) -> None:
    assert Arrangement.from_dict(kept) == Arrangement()


@given(rows=tables, arrangement=arrangements, data=st.data(), by=st.integers(-3, 3))
def test_a_moved_column_changes_places_among_the_shown_ones_of_its_kind(
    rows: list[dict[str, Any]], arrangement: Arrangement, data: st.DataObject, by: int
) -> None:
    table = Table(rows, arrangement)
    if not table.columns:
        return
    key = data.draw(st.sampled_from(table.columns))
    fixed = key in arrangement.pinned
    before = [other for other in table.columns if (other in arrangement.pinned) == fixed]
    table.arrange(table.moved(key, by))
    after = [other for other in table.columns if (other in arrangement.pinned) == fixed]
    expected = max(0, min(before.index(key) + by, len(before) - 1))
    assert after.index(key) == expected
    assert [other for other in after if other != key] == [other for other in before if other != key]


def test_hiding_the_last_column_leaves_one() -> None:
    table = Table(POOLS, Arrangement(hidden=frozenset(Table(POOLS).chosen)))
    assert len(table.columns) == 1


def test_keys_that_only_later_rows_have_come_behind() -> None:
    rows = [{"a": 1}] * (model.FIRST_LOOKED_AT + 30_000) + [{"a": 1, "late": 2}]
    table = Table(rows)
    assert table.whole == ("a",)
    assert any(list(table.look_further()))
    assert table.whole == ("a", "late")


@given(rows=tables, text=st.sampled_from(["1", "e", "null", "A", "no"]), backwards=st.booleans(), data=st.data())
def test_finding_goes_through_every_shown_cell_once(
    rows: list[dict[str, Any]], text: str, backwards: bool, data: st.DataObject
) -> None:
    table = sorted_table(rows, Arrangement(sort="a", hidden=frozenset("b")))
    if not table.columns:
        assert list(table.search(text, after=(0, 0))) == []
        return
    width = len(table.columns)
    after = (data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, width - 1)))
    found = [place for place in table.search(text, after=after, backwards=backwards) if place is not None]
    places = [(row, column) for row in range(len(rows)) for column in range(width)]
    start = places.index(after)
    around = places[start + 1 :] + places[: start + 1]
    if backwards:
        around = places[:start][::-1] + places[start:][::-1]
    expected = [place for place in around if table.matches(*place, text)]
    assert found == expected
