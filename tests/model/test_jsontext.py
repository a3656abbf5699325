"""JSON while it is being typed: value, problems, positions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.model.jsontext import parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)
# Text that is nearly JSON finds more than any text.
PIECES = st.sampled_from(
    [
        *"[]{},:'/#*-+.eE01 \n\t",
        '"',
        "\\",
        "true",
        "null",
        "None",
        '"a"',
        "NaN",
        "-Infinity",
        "1.5",
        "\xa0",
        "é",
        "\ufeff",
    ]
)
NEARLY = st.lists(PIECES, max_size=25).map("".join)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    members = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, inner in members:
        yield from paths(inner, (*path, key))


def same(left: Any, right: Any) -> bool:
    """Equality that takes NaN for itself and tells 1 from true."""
    return json.dumps(left) == json.dumps(right)


@given(value=JSON, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_json_is_read_and_every_span_is_its_value(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = parse(text)
    assert document.ok
    assert document.problems == []
    assert same(document.value, value)
    for path, inner in paths(value):
        start, end = document.span(path)
        assert same(json.loads(text[start:end]), inner)
        assert document.existing(path) == path
        key = document.key_span(path)
        if path and isinstance(path[-1], str):
            assert key is not None
            assert json.loads(text[key[0] : key[1]]) == path[-1]
            assert document.path_at(key[0] + 1).wants == "key"
            assert document.path_at(key[0] + 1).path == path[:-1]
        else:
            assert key is None
        if not isinstance(inner, (list, dict)):
            place = document.path_at(end - 1) if end - start > 1 else document.path_at(start)
            assert (place.path, place.wants, place.start, place.end) == (path, "value", start, end)


@given(text=st.text() | NEARLY)
@example("1" * 5000)
@example("[" * 5000)
@example('{"a":' * 3000 + "1" + "}" * 3000)
@example("\ud800")
def test_any_text_is_read_and_problems_are_there_exactly_when_it_is_not_json(text: str) -> None:
    try:
        json.loads(text)
        is_json = True
    except (ValueError, RecursionError):
        is_json = False
    document = parse(text)
    assert document.ok == is_json
    for problem in document.problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.message
    assert [p.start for p in document.problems] == sorted(p.start for p in document.problems)
    for offset in range(0, len(text) + 1, max(1, len(text) // 20)):
        place = document.path_at(offset)
        assert 0 <= place.start <= place.end <= len(text)
        start, end = document.span(place.path)
        assert 0 <= start <= end <= len(text)


@given(text=NEARLY.filter(bool))
def test_the_tolerant_value_fits_its_positions(text: str) -> None:
    document = parse(text)
    for path, inner in paths(document.value):
        if document.existing(path) == path:
            start, end = document.span(path)
            if isinstance(inner, (list, dict)):
                assert text[start] == ("[" if isinstance(inner, list) else "{")
            else:
                assert start < end


@pytest.mark.parametrize(
    ("text", "value", "problems"),
    [
        ("", None, [("", "expected a value")]),
        ("[1", [1], [("[", "[ is never closed: missing ]")]),
        ('{"a": 1', {"a": 1}, [("{", "{ is never closed: missing }")]),
        ("[1 2]", [1, 2], [("2", "expected , or ]")]),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, [('"b"', "expected , or }")]),
        ("[1,]", [1], [(",", "trailing comma")]),
        ('{"a": 1,}', {"a": 1}, [(",", "trailing comma")]),
        ("[,1]", [1], [(",", "expected a value before ,")]),
        ('{"a": }', {"a": None}, [("}", "expected a value")]),
        ('{"a"}', {"a": None}, [("}", "expected : and a value")]),
        ('{"a" 1}', {"a": 1}, [("1", "expected : before the value")]),
        ("{a: 1}", {"a": 1}, [("a", 'a key needs double quotes: "a"')]),
        ("{1: 1}", {"1": 1}, [("1", 'a key needs double quotes: "1"')]),
        ("{'a': 'b'}", {"a": "b"}, [("'a'", "use double quotes, not '"), ("'b'", "use double quotes, not '")]),
        ("[True, None]", [True, None], [("True", "write true, not True"), ("None", "write null, not None")]),
        ("[tank]", ["tank"], [("tank", 'strings need double quotes: "tank"')]),
        ("[01]", [None], [("01", "not a number: 01")]),
        ("[.5]", [None], [(".5", "not a number: .5")]),
        ("[1.2.3]", [None], [("1.2.3", "not a number: 1.2.3")]),
        ("[1] // one", [1], [("// one", "JSON has no comments")]),
        ("# one\n[1]", [1], [("# one", "JSON has no comments")]),
        ("[1, /* two */ 2]", [1, 2], [("/* two */", "JSON has no comments")]),
        ('["tank', ["tank"], [("[", "[ is never closed: missing ]"), ('"tank', 'unclosed string: missing "')]),
        (r'["\x"]', ["\\x"], [(r"\x", r"no such escape: \x")]),
        ('["a\tb"]', ["a\tb"], [("\t", r"not allowed in a string: a tab is written \t")]),
        ("[1] 2", [1], [("2", "expected the end: one value is allowed here")]),
        ("[1]]", [1], [("]", "expected the end, not ]")]),
        ("]", None, [("]", "unmatched ]")]),
        ('[{"a": 1]', [{"a": 1}], [("]", "expected } before ]")]),
        ('["a": 1]', ["a", 1], [(":", "no colon is expected here: a list has no keys"), ("1", "expected , or ]")]),
        ("[1,\xa02]", [1, 2], [("\xa0", "not an ordinary space")]),
        ("\ufeff[]", [], [("\ufeff", "remove the invisible byte order mark (BOM) here")]),
    ],
)
def test_problems_are_precise_and_the_meant_value_is_read(
    text: str, value: Any, problems: list[tuple[str, str]]
) -> None:
    document = parse(text)
    assert [(text[p.start : p.end], p.message) for p in document.problems] == problems
    assert document.value == value


def test_a_key_given_twice_is_noted_and_the_last_counts() -> None:
    text = '{"a": 1, "a": 2}'
    document = parse(text)
    assert document.ok
    assert [(note.start, note.message) for note in document.notes] == [(9, "a is given twice")]
    assert document.span(("a",)) == (14, 15)


def test_numbers_json_knows_in_words() -> None:
    document = parse("[NaN, -Infinity]")
    assert document.ok
    assert math.isnan(document.value[0])
    assert document.span((1,)) == (6, 15)


def test_paths_that_are_not_there_fall_back_to_the_nearest_parent() -> None:
    document = parse('[{"a": [1]}]')
    assert document.span((0, "a", 7, "x")) == (7, 10)
    assert document.span((0, "b")) == (1, 11)
    assert document.existing((0, "a", 7, "x")) == (0, "a")
    assert document.key_span((0, "b")) is None


# ^ marks the caret
@pytest.mark.parametrize(
    ("marked", "path", "wants", "token"),
    [
        ("^", (), "value", ""),
        ("[^", (0,), "value", ""),
        ("[1,^", (1,), "value", ""),
        ("[1, ^]", (1,), "value", ""),
        ("[^]", (0,), "value", ""),
        ("[1^]", (0,), "value", "1"),
        ("[1 ^]", (0,), None, ""),
        ("[t^r]", (0,), "value", "tr"),
        ("[{^}]", (0,), "key", ""),
        ('[{"^', (0,), "key", '"'),
        ('[{"li^m": 1}]', (0,), "key", '"lim"'),
        ('[{"lim"^: 1}]', (0,), "key", '"lim"'),
        ('[{"lim": ^}]', (0, "lim"), "value", ""),
        ('[{"lim":^', (0, "lim"), "value", ""),
        ('[{"lim": "x^"}]', (0, "lim"), "value", '"x"'),
        ('[{"lim": 1 ^}]', (0, "lim"), None, ""),
        ('[{"lim": 1, ^}]', (0,), "key", ""),
        ('[{"lim": 1,^ "b": 2}]', (0,), "key", ""),
        ('[{"lim": 1, "b"^: 2}]', (0,), "key", '"b"'),
        ('[{"lim" ^}]', (0, "lim"), None, ""),
        ('["é", {"ü": [1, ^', (1, "ü", 1), "value", ""),
        ("[1]^", (), None, ""),
        ("[[1]^]", (0,), None, ""),
        (" ^ [1]", (), None, ""),
    ],
)
def test_what_the_caret_wants(marked: str, path: Any, wants: str | None, token: str) -> None:
    offset = marked.index("^")
    text = marked.replace("^", "")
    place = parse(text).path_at(offset)
    assert (place.path, place.wants, text[place.start : place.end]) == (path, wants, token)


@pytest.mark.parametrize(
    "text", ["[" * 30000 + "}" * 30000, '{"a":' * 12000, '"\\' * 30000, "/*" * 30000, "[," * 30000]
)
def test_no_text_takes_for_ever_or_drowns_in_problems(text: str) -> None:
    document = parse(text)
    document.path_at(len(text) // 2)
    assert len(document.problems) <= 100
