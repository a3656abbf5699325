"""Words of the command line as values."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from midclt.arguments import call_arguments, value_of
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
