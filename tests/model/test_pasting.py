"""When a paste is the new arguments, and when it belongs at the caret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shelf import SHELF
from truenas_client.methods.catalogue import Method
from tui.model.jsontext import parse
from tui.model.pasting import pasted

METHOD = Method("shelf.create", SHELF)
OPEN = Method(
    "shelf.open",
    {
        "accepts": [
            {
                "type": "object",
                "_name_": "shelf",
                "properties": {"tags": {"type": "array", "items": {"type": "string"}}},
            },
            {"type": "array", "_name_": "filters"},
        ]
    },
)
SMALLEST = '[{"name": "", "place": {}, "bolts": {}}]'
GOOD = {"name": "books", "place": {"kind": "FLOOR"}, "bolts": {"size": 3}}


def after(marked: str, paste: str, method: Method = METHOD) -> tuple[str, bool]:
    """The text after a paste in place of what is between the marks, and whether the caret alone decided."""
    start, end = marked.index("‹"), marked.index("›") - 1
    text = marked.replace("‹", "").replace("›", "")
    patch = pasted(text, start, end, paste, method, smallest=SMALLEST)
    first, last, new = patch or (start, end, paste)
    return text[:first] + new + text[last:], patch is None


@pytest.mark.parametrize(
    "paste",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        json.dumps(GOOD, indent=2).replace("\n", "\r\n") + "\r\n",
        "\ufeff" + json.dumps(GOOD),
        json.dumps([GOOD]),
        json.dumps(GOOD) + ",",
        json.dumps(GOOD)[1:-1],
    ],
    ids=["one line", "indented", "CRLF", "BOM", "list", "with its comma", "members"],
)
def test_a_whole_object_in_the_place_to_fill_is_the_new_arguments(paste: str) -> None:
    for marked in (SMALLEST.replace('"name": ""', '"name": "‹›"'), SMALLEST.replace("}]", "}‹›]")):
        assert json.loads(after(marked, paste)[0]) == [GOOD]


def test_a_separator_of_unicode_in_a_pasted_text_is_a_character_of_it() -> None:
    paste = json.dumps({**GOOD, "name": "a\u2028b"}, ensure_ascii=False)
    assert json.loads(after(SMALLEST.replace('"name": ""', '"name": "‹›"'), paste)[0]) == [json.loads(paste)]


def test_the_whole_is_replaced_only_where_the_paste_fits_or_nothing_was_typed() -> None:
    typed = '[{"name": "books"‹›, "bolts": {"size": 4}}]'
    assert json.loads(after(typed, json.dumps([GOOD]))[0]) == [GOOD]
    assert json.loads(after(typed, json.dumps([{"name": 5}, 1]))[0])[0]["bolts"] == {"size": 4}


@pytest.mark.parametrize(
    ("marked", "paste", "expected"),
    [
        # The object there: what it has stays, what is pasted replaces its like.
        ('[{"name": "books"‹›}]', '{"name": 5}', '[{"name": 5}]'),
        ('[{"name": "books", ‹›"bolts": {}}]', '{"size": 3, "name": "x"}', None),
        ('[{‹›"name": "books", "bolts": {}}]', '"wood": "OAK"', '[{"name": "books", "bolts": {}, "wood": "OAK"}]'),
        ('[{"name": "books", "bolts": {}‹›}]', '"wood": "OAK",', '[{"name": "books", "bolts": {}, "wood": "OAK"}]'),
        ('[{"bolts": {"size": ‹›3}}]', '{"size": 4}', '[{"bolts": {"size": 4}}]'),
        # The value there.
        ('[{"name": "‹›"}]', '"books"', '[{"name": "books"}]'),
        ('[{"name": "old ‹›ones"}]', '"books "', '[{"name": "old books ones"}]'),
        ('[{"bolts": {"size": "‹›"}}]', "3", '[{"bolts": {"size": 3}}]'),
        ('[{"bolts": "‹›"}]', '{"size": 3}', '[{"bolts": {"size": 3}}]'),
        ('[{"name": ‹›}]', "books", '[{"name": "books"}]'),
        ('[{"name": "‹›"}]', 'say "hello"\nand go', '[{"name": "say \\"hello\\"\\nand go"}]'),
        ('[{"name": ‹"old"›}]', '"new"', '[{"name": "new"}]'),
    ],
)
def test_a_paste_goes_into_the_object_or_the_value_there(marked: str, paste: str, expected: str | None) -> None:
    made = json.loads(after(marked, paste)[0])
    if expected is None:
        assert made[0]["name"] == "x"
        assert len(made) == 1
    else:
        assert made == json.loads(expected)


@pytest.mark.parametrize(
    ("marked", "paste", "expected"),
    [
        ('[{"tags": ["a"‹›]}]', '"b"', ["a", "b"]),
        ('[{"tags": [‹›"a"]}]', '"b", "c"', ["b", "c", "a"]),
        ('[{"tags": ["a",‹› "c"]}]', '"b",', ["a", "b", "c"]),
        ('[{"tags": [‹›]}]', '["a", "b"]', ["a", "b"]),
        ('[{"tags": ["a"‹›]}]', '["b", "c"]', ["a", "b", "c"]),
        ('[{"tags": ["‹›"]}]', '["b", "c"]', ["b", "c"]),
    ],
)
def test_items_go_into_the_list_there(marked: str, paste: str, expected: list[str]) -> None:
    assert json.loads(after(marked, paste, OPEN)[0])[0]["tags"] == expected


def test_a_filter_stays_one_item_of_its_list() -> None:
    made, _ = after('[{}, [["a", "=", 1]‹›]]', '["b", "=", 2]', OPEN)
    assert json.loads(made)[1] == [["a", "=", 1], ["b", "=", 2]]


def test_what_is_pasted_keeps_its_lines_and_takes_the_indentation_there() -> None:
    made, _ = after('[\n  {\n    "bolts": "‹›"\n  }\n]', '{\n  "size": 3\n}')
    assert made == '[\n  {\n    "bolts": {\n      "size": 3\n    }\n  }\n]'


@pytest.mark.parametrize(
    ("marked", "paste"),
    [
        ("[‹›]", json.dumps(GOOD)),
        ('[{"name": "books", "bolts": ‹{}›}]', '{"size": 3}'),
        ('[{"name": "‹›"}]', "books"),
        ('[{"name": "‹›"}]', "{books"),
        ('[{"name": "‹›"}]', "5"),
        ('[{"name": "‹›"}]', "[]"),
        ('[{"name": "a", ‹›', '"wood": '),
    ],
)
def test_what_makes_sense_at_the_caret_stays_there(marked: str, paste: str) -> None:
    assert after(marked, paste)[1]


TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('ab"{[\\ \n', max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "bolts", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
).map(json.dumps)


@given(TEXTS.map(lambda text: f"[{text}]"), TEXTS | st.text('ab"{},: \n', max_size=6), st.data())
def test_a_paste_of_json_into_json_never_breaks_it(text: str, paste: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    made, raw = after(f"{text[:at]}‹›{text[at:]}", paste)
    assert raw or parse(made).ok
