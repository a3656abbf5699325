"""Query text: what it means, where it is wrong, and that it says filters and options without a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import require_facts
from truenas_client.methods.filters import OPERATORS, FilterError, filter_list
from truenas_client.methods.queryoptions import Query, read_order, read_select
from truenas_client.methods.querytext import QueryTextError, Unsayable, filters_text, read_filters
from truenas_client.methods.querywords import size_of

TIB = 1 << 40


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", []),
        ("  \n ", []),
        ("name = tank", [["name", "=", "tank"]]),
        ("name=tank and size>=5", [["name", "=", "tank"], ["size", ">=", 5]]),
        (
            "name = tank and (size > 1T or status in ONLINE, DEGRADED)",
            [["name", "=", "tank"], ["OR", [["size", ">", TIB], ["status", "in", ["ONLINE", "DEGRADED"]]]]],
        ),
        (
            "a = 1 or b = 2 and c = 3",
            [["OR", [["a", "=", 1], [["b", "=", 2], ["c", "=", 3]]]]],
        ),
        ("(a = 1 or b = 2) or c = 3", [["OR", [["OR", [["a", "=", 1], ["b", "=", 2]]], ["c", "=", 3]]]]),
        ("((a = 1 and (b = 2)))", [["a", "=", 1], ["b", "=", 2]]),
        ("any(a = 1)", [["OR", [["a", "=", 1]]]]),
        ("all(a = 1) or b = 2", [["OR", [[["a", "=", 1]], ["b", "=", 2]]]]),
        ("any = 1 AND all = 2", [["any", "=", 1], ["all", "=", 2]]),
        ("name Cin tank, Flash", [["name", "Cin", ["tank", "Flash"]]]),
        ("status IN (ONLINE, 'DEGRADED')", [["status", "in", ["ONLINE", "DEGRADED"]]]),
        ("id nin []", [["id", "nin", []]]),
        ("tags = [ssd, [1, null], 1T]", [["tags", "=", ["ssd", [1, None], TIB]]]),
        ("tags in [ssd], [hdd]", [["tags", "in", [["ssd"], ["hdd"]]]]),
        ("a C= X and b !^ y and c $ z and d C!$ w", [["a", "C=", "X"], ["b", "!^", "y"], ["c", "$", "z"]]),
        ("topology.data.*.type = MIRROR", [["topology.data.*.type", "=", "MIRROR"]]),
        (r"a\.b = 1 and 'odd name' = 2", [["a\\.b", "=", 1], ["odd name", "=", 2]]),
        ("a = true and b = null and c = 'true'", [["a", "=", True], ["b", "=", None], ["c", "=", "true"]]),
        ("a = -5 and b = 1.50 and c = 007", [["a", "=", -5], ["b", "=", 1.5], ["c", "=", "007"]]),
        ("a > 1.5T and b > 10 GiB and c > 4kB", [["a", ">", 3 * TIB // 2], ["b", ">", 10 << 30], ["c", ">", 4000]]),
        (r"name ~ '^a\d+\.(b|c)\n$'", [["name", "~", "^a\\d+\\.(b|c)\n$"]]),
        ("path ^ /mnt/tank and host = 10.0.0.1", [["path", "^", "/mnt/tank"], ["host", "=", "10.0.0.1"]]),
        ("made > 2026-01-31", [["made.$date", ">", "2026-01-31"]]),
        ("made <= 2026-01-31 12:30Z", [["made.$date", "<=", "2026-01-31 12:30Z"]]),
        ("made.$date > 2026-01-31T12:30:00+01:00", [["made.$date", ">", "2026-01-31T12:30:00+01:00"]]),
        ("made = '2026-01-31' and name ^ 2026-01-31", [["made", "=", "2026-01-31"], ["name", "^", "2026-01-31"]]),
    ],
)
def test_what_a_text_means(text: str, filters: list[Any]) -> None:
    assert read_filters(text)[: len(filters)] == filters
    assert read_filters(filters_text(read_filters(text))) == read_filters(text)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("name", "name", "needs an operator"),
        ("name =  ", None, "needs a value"),
        ("= 3", "=", "expected a field"),
        ("a == 3", "==", "write ="),
        ("size => 3", "=>", "write >="),
        ("name like ta", "like", "write ~"),
        ("name is null", "is", "write ="),
        ("a = 1 && b = 2", "&&", "write and"),
        ("not a = 1", "not", "!="),
        ("a bogus 1", "bogus", "operators are = !="),
        ("(a = 1", "(", "not closed"),
        ("a = 1)", ")", "closes nothing"),
        ("a = old disk", "disk", "needs quotes"),
        ("a = 'x", "'", "not closed"),
        ("a = and", "and", "needs quotes"),
        ("and = 1", "and", "needs quotes"),
        ("a = 1 and ", None, "expected a field"),
        ("a in [1, 2", "[", "not closed"),
        ("a in [1 2]", "2", "comma"),
        ("a in b, ", None, "expected a value"),
        ("a = b, c", ",", "brackets"),
        ("(a = b, c)", ",", "brackets"),
        ("a > 2026-02-30", "2026-02-30", "no date"),
        ("name ~ ^ta(n)k", "^ta(", "needs quotes"),
        ("a = 1e999", "1e999", "too large"),
        ("a = " + "9" * 5000, "9" * 5000, "too long"),
        ("(" * 100 + "a = 1", "(", "too deeply"),
        ("a = " + "[" * 10_000, "[", "too deeply"),
    ],
)
def test_an_error_says_where_and_what_to_write(text: str, place: str | None, words: str) -> None:
    with pytest.raises(QueryTextError) as raised:
        read_filters(text)
    assert words in str(raised.value)
    position, length = raised.value.position, raised.value.length
    if place is None:
        assert position == len(text)
    else:
        assert text[position : position + length] == place


def test_every_recorded_query_survives_unless_no_server_takes_it() -> None:
    unsaid = []
    for line in (require_facts() / "api" / "query-filters.jsonl").read_text(encoding="utf-8").splitlines()[1:]:
        case = json.loads(line)
        try:
            query = Query.of(case["filters"], case["options"])
        except Unsayable:
            unsaid.append(case)
            continue
        assert json.dumps(query.arguments()[0]) == json.dumps(case["filters"])
        assert query.arguments()[1] == case["options"]
    # What has no words: what the server refuses, and three oddities that it takes.
    odd = [case for case in unsaid if "error" not in case]
    assert len(unsaid) <= 10
    assert [(case["filters"], case["options"]) for case in odd] == [
        ([["name", "in", "tank"]], {}),
        ([], {"select": "name"}),
    ]


FIELDS = st.one_of(st.sampled_from(["name", "a.b", "x.*.y", "made.$date", "or", "any", "C", "in", ""]), st.text())
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=0, max_value=9000).map(lambda n: n << 30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(["and", "1T", "10 GiB", "2026-01-31", "true", "1e5", "!x", "a,b", "\\n", "x$", "é", "007"]),
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
SIGNS = st.sampled_from([*OPERATORS, *(f"C{sign}" for sign in OPERATORS)])


@st.composite
def comparisons(draw: st.DrawFn) -> list[Any]:
    sign = draw(SIGNS)
    many = sign.removeprefix("C") in ("in", "nin")
    return [draw(FIELDS), sign, draw(st.lists(VALUES, max_size=3) if many else VALUES)]


FILTERS = st.recursive(
    comparisons(),
    lambda inner: st.lists(st.one_of(inner, st.lists(inner, min_size=1, max_size=2)), min_size=1, max_size=3).map(
        lambda branches: ["OR", branches]
    ),
    max_leaves=5,
)


@given(st.lists(FILTERS, max_size=3))
def test_filters_survive_as_text(filters: list[Any]) -> None:
    text = filters_text(filters)
    assert json.dumps(read_filters(text)) == json.dumps(filters)


PIECES = """a name = in nin C ~ $ ^ ! and or any( all( ( ) [ ] , ' " \\ 1T 2026-01-31 2026-99-99 1e400 .$date é -"""
FRAGMENTS = st.sampled_from([*PIECES.split(" "), " ", "\n"])


@given(st.one_of(st.text(), st.lists(FRAGMENTS).map("".join), st.lists(FRAGMENTS).map(" ".join)))
def test_any_text_is_a_query_or_an_error_with_a_place(text: str) -> None:
    for read in (read_filters, read_select, read_order):
        wrong = None
        try:
            found = read(text)
        except QueryTextError as e:
            wrong = e
        if wrong is not None:
            assert 0 <= wrong.position <= len(text)
            assert wrong.length >= 1
        elif read is read_filters:
            assert read_filters(filters_text(found)) == found


@given(st.lists(st.one_of(st.text(min_size=1), st.tuples(st.text(), st.text()).map(list)), max_size=3))
def test_options_survive_as_text(select: list[Any]) -> None:
    options = {"select": select, "order_by": ["-size", "nulls_first:a b"], "limit": 0, "get": False, "extra": {"x": 1}}
    assert Query.of([], options).arguments() == [[], options]


@pytest.mark.parametrize(
    ("read", "text", "place", "words"),
    [
        (read_select, "a,,b", ",", "before the comma"),
        (read_select, "a b", "b", "as and a new name"),
        (read_select, "a, ", " ", "after the comma"),
        (read_select, "a, 'b", "'", "not closed"),
        (read_order, "size desc", "desc", "write -size"),
        (read_order, "-nulls_last:size", "-", "after the colon"),
    ],
)
def test_an_error_in_an_option_says_where(read: Any, text: str, place: str, words: str) -> None:
    with pytest.raises(QueryTextError, match=words) as raised:
        read(text)
    assert text[raised.value.position :].startswith(place)


@pytest.mark.parametrize(
    ("filters", "options", "path"),
    [
        ([["a", "=", 1], ["a", "bogus", 1]], {}, (0, 1, 1)),
        ([["a", "=", {"b": 1}]], {}, (0, 0, 2)),
        ([["OR", [["a", "=", 1], [["b", "=", 1], ["c", "in", "x"]]]]], {}, (0, 0, 1, 1, 1, 2)),
        ([["OR", []]], {}, (0, 0)),
        ("a", {}, (0,)),
        ([], {"limit": "5"}, (1, "limit")),
        ([], {"select": ["a", 5]}, (1, "select")),
    ],
)
def test_what_has_no_words_is_named_by_its_place(filters: Any, options: Any, path: tuple[Any, ...]) -> None:
    with pytest.raises(Unsayable) as raised:
        Query.of(filters, options)
    assert raised.value.path == path


def test_options_of_the_wrong_kind_have_no_words() -> None:
    for options in ({"order_by": "name"}, {"limit": "1"}, {"count": 1}, {"select": [1]}, {"order_by": [1]}):
        with pytest.raises(Unsayable):
            Query.of([], options)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("512 B", 512), ("4kB", 4000), ("4K", 4096), ("4KiB", 4096), ("1.5 TiB", 3 * TIB // 2), ("1TB", 10**12)),
        *(("1.1P", 11 * 1024**5 // 10), ("5", None), ("T", None), ("1t", None), ("-1T", None), ("1T ", None)),
    ],
)
def test_sizes_as_people_write_them(text: str, size: int | None) -> None:
    assert size_of(text) == size


def test_the_server_side_sees_what_was_meant() -> None:
    rows = [{"id": n, "name": name, "size": n << 40} for n, name in enumerate(("tank", "Flash", "old"), 1)]
    for text, ids in (("size >= 2T and name != old", [2]), ("name C= FLASH or size < 2 TiB", [1, 2])):
        assert [row["id"] for row in filter_list(rows, read_filters(text))] == ids
    with pytest.raises(FilterError):
        filter_list(rows, read_filters("name > 5"))
