"""Words of the command line as values."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from midclt.arguments import call_arguments, damaged, value_of
from midclt.exits import CommandError, ExitStatus


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("tank", "tank"),
        ("1", 1),
        ("-1", -1),
        ("1.5", 1.5),
        ("true", True),
        ("True", "True"),
        ("null", None),
        ("", ""),
        (" ", " "),
        ('"1"', "1"),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ("{'a': 1}", "{'a': 1}"),
        ("[1, 2", "[1, 2"),
        ("/mnt/tank/a b", "/mnt/tank/a b"),
        ('{"$date": 1500}', datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)),
        ('{"$type": "date", "$value": "2026-02-03"}', date(2026, 2, 3)),
        ('{"$date": "x"}', '{"$date": "x"}'),
        ("[" * 100_000, "[" * 100_000),
        ("ä", "ä"),
    ],
)
def test_json_or_else_the_text(word: str, value: Any) -> None:
    assert value_of(word) == value
    assert type(value_of(word)) is type(value)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


def test_a_dash_is_standard_input_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _stdin(monkeypatch, '{"name": "jürgen"}\n'.encode())
    assert call_arguments(["-", "x", "-"]) == [{"name": "jürgen"}, "x", {"name": "jürgen"}]


def test_standard_input_that_is_no_json_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    _stdin(monkeypatch, b"two\nlines\n")
    assert call_arguments(["-"]) == ["two\nlines\n"]
    _stdin(monkeypatch, b"")
    assert call_arguments(["-"]) == [""]


def test_without_a_dash_standard_input_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert call_arguments(["a", "1"]) == ["a", 1]


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (_Terminal(), "terminal"),
        (None, "closed"),
        (io.TextIOWrapper(io.BytesIO(b"\xff\xfe")), "UTF-8"),
    ],
)
def test_standard_input_that_cannot_serve(monkeypatch: pytest.MonkeyPatch, stdin: Any, words: str) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(CommandError, match=words) as caught:
        call_arguments(["-"])
    assert caught.value.status == ExitStatus.ERROR


@pytest.mark.parametrize("word", ["\udcff", '"\\ud800"', '{"a": ["\\udfff"]}'])
def test_bytes_that_are_not_utf_8_are_taken_as_python_shows_them(word: str) -> None:
    assert call_arguments([word]) == [value_of(word)]


@pytest.mark.parametrize(
    "data", [b'\xef\xbb\xbf{"a": 1}', '\ufeff{"a": 1}'.encode("utf-16-le"), '\ufeff{"a": 1}'.encode("utf-16-be")]
)
def test_the_mark_that_shells_put_before_json_is_none_of_it(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert call_arguments(["-"]) == [{"a": 1}]


@pytest.mark.parametrize(
    "word",
    [
        "[['username','=','root']]",
        "[[\u201cusername\u201d,\u201c=\u201d,\u201croot\u201d]]",
        '[["username","=","root"],]',
        '[["username",\u00a0"=","root"]]',
        "True",
        "None",
        '{"a": {"$date": "x"}}',
        "'[]'",
    ],
)
def test_json_that_is_damaged_is_told_without_being_repeated(word: str) -> None:
    [text] = damaged(["nas", word])
    assert text.startswith("Argument 2 went out as text")
    assert "username" not in text
    assert "\n" not in text


def test_text_and_json_are_no_damage() -> None:
    assert damaged(["nas", "true", "1.5", '["a"]', "", "-", "a [b]", "start {x}", "True story", "it's"]) == []
