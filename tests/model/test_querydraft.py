"""The arguments of a query as the texts of a form: both ways, mistakes with their place, names that are completed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.methods.querytext import Unsayable
from tui.model.querydraft import QueryError, QueryTexts, params_of, suggested, texts_of, unsayable_text, where_of

PARAMS: list[list[Any]] = [
    [],
    [[]],
    [[], {}],
    [[["name", "=", "tank"]]],
    [[["size", ">", 1 << 40], ["OR", [["a", "=", 1], ["b", "in", ["x", "y"]]]]], {"select": ["name", ["a.b", "c"]]}],
    [[], {"order_by": ["-size", "nulls_last:a"], "limit": 5, "offset": 10, "extra": {"flat": False}}],
    [[], {"count": True}],
    [[], {"get": True, "limit": 0, "select": []}],
]


@pytest.mark.parametrize("params", PARAMS)
def test_arguments_become_texts_and_the_same_arguments_again(params: list[Any]) -> None:
    assert params_of("disk.query", texts_of("disk.query", params), params) == params


def test_what_has_no_field_stays() -> None:
    params = [{"services": ["SMB"], "query-filters": [["event", "=", "CONNECT"]], "query-options": {"limit": 9}}]
    texts = texts_of("audit.query", params)
    assert (texts.where, texts.limit) == ("event = CONNECT", "9")
    made = params_of("audit.query", QueryTexts(where="event = CLOSE"), params)
    assert made == [{"services": ["SMB"], "query-filters": [["event", "=", "CLOSE"]], "query-options": {}}]
    assert params_of("x.query", QueryTexts(where="a = 1"), [[], {"extra": {"b": 1}}, 7]) == [
        [["a", "=", 1]],
        {"extra": {"b": 1}},
        7,
    ]


@pytest.mark.parametrize(
    ("texts", "field", "position"),
    [
        (QueryTexts(where="name = "), "where", 7),
        (QueryTexts(where="a = 1", order="size desc"), "order", 5),
        (QueryTexts(columns=", a"), "columns", 0),
        (QueryTexts(limit="5x"), "limit", 0),
        (QueryTexts(offset="-1"), "offset", 0),
    ],
)
def test_a_mistake_names_its_field_and_place(texts: QueryTexts, field: str, position: int) -> None:
    with pytest.raises(QueryError) as error:
        params_of("disk.query", texts, [])
    assert (error.value.field, error.value.position) == (field, position)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ([["name", "=", "x"]], "at [0]"),
        ([[["name", "like", "x"]]], "at [0]"),
        ([[], {"limit": "5"}], "at [1].limit"),
        ([[], []], "no object"),
        ([[], {"count": True, "get": True}], "count and get"),
    ],
)
def test_what_text_cannot_say_says_where(params: list[Any], said: str) -> None:
    with pytest.raises(Unsayable) as error:
        texts_of("disk.query", params)
    assert said in unsayable_text(error.value)


@given(st.text(max_size=20), st.sampled_from(["where", "columns", "order", "limit", "offset"]))
def test_any_text_is_read_or_refused_with_its_place(text: str, field: str) -> None:
    wrong: QueryError | None = None
    try:
        params_of("disk.query", QueryTexts(**{field: text}), [])  # type: ignore[arg-type]
    except QueryError as error:
        wrong = error
    assert wrong is None or (wrong.field == field and 0 <= wrong.position <= len(text))


def test_names_of_fields_are_completed_where_a_field_is_due() -> None:
    names = ("name", "size", "status")
    assert suggested("where", "na", names) == "name"
    assert suggested("where", "size > 1 and st", names) == "size > 1 and status"
    assert suggested("where", "(si", names) == "(size"
    assert suggested("where", "name = st", names) is None, "a value"
    assert suggested("order", "name, -si", names) == "name, -size"
    assert suggested("columns", "name as si", names) is None
    assert suggested("columns", "", names) is None


@pytest.mark.parametrize(
    ("paste", "text"),
    [
        ('[["name", "=", "tank"], ["size", ">", 5]]', "name = tank and size > 5"),
        ('["name", "=", "tank"]', "name = tank"),
        ('[["OR", [["a", "=", 1], ["b", "=", 2]]]]', "a = 1 or b = 2"),
        ("name = tank", None),
        ("[1, 2]", None),
        ("{}", None),
        ("5", None),
    ],
)
def test_pasted_filters_become_their_text(paste: str, text: str | None) -> None:
    assert where_of(paste) == text
