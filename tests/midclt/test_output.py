"""Printing: results as officially, errors, and what a terminal never sees."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime, time
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midclt.output import print_line, print_result, report, result_text, say, warn
from truenas_client.exc import ClientException, ValidationErrors
from truenas_client.values.lines import cells, fit, harmless


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("text", "text"),
        ("two\nlines", "two\nlines"),
        ("", ""),
        (70, "70"),
        (True, "True"),
        (False, "False"),
        (None, "null"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        ([], "[]"),
        ({"a": True, "b": None, "c": "ä"}, '{"a": true, "b": null, "c": "\\u00e4"}'),
        (["x", 1], '["x", 1]'),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), '{"$date": 1000}'),
        (date(2026, 2, 3), '{"$type": "date", "$value": "2026-02-03"}'),
        (time(1, 2, 3), '{"$time": "01:02:03"}'),
        ({7}, '{"$set": [7]}'),
        (IPv4Interface("10.0.0.1/8"), '{"$ipv4_interface": "10.0.0.1/8"}'),
    ],
)
def test_results(value: Any, printed: str) -> None:
    assert result_text(value) == printed


class _Stream(io.TextIOWrapper):
    """A stream with an encoding, that may say it is a terminal."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding=encoding, newline="\n")

    def isatty(self) -> bool:
        return self._terminal


HOSTILE = "a\x1b[31mb\x9b2J\rc\x07\u202ed\te\nf\x7f"


def test_a_terminal_gets_no_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = _Stream(terminal=True), _Stream(terminal=True)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    print_result(HOSTILE)
    say(HOSTILE)
    assert out.bytes.getvalue() == err.bytes.getvalue() == b"a[31mb2Jcd\te\nf\n"


def test_a_pipe_gets_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    out = _Stream()
    monkeypatch.setattr(sys, "stdout", out)
    print_result(HOSTILE)
    assert out.bytes.getvalue() == (HOSTILE + "\n").encode()


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", b"\\xe4 \\ud800\n"), ("utf-8", b"\xc3\xa4 \\ud800\n")])
def test_what_the_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch, encoding: str, shown: bytes) -> None:
    out = _Stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    print_line("ä \ud800")
    assert out.bytes.getvalue() == shown


def test_a_result_that_cannot_be_written_is_an_error_and_a_word_to_nobody_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(OSError, match="closed"):
        print_line("x")
    say("x")


def test_that_others_may_read_a_file_is_said_on_a_terminal_and_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    text = "{}: other users of this machine may read this API key; `chmod 600` keeps it to yourself"
    warn(text.format("/a"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("midclt.output.is_terminal", lambda stream: True)
    for path in ("/a", "/a", "/b"):
        warn(text.format(path))
    warn("something else")
    err = capsys.readouterr().err
    assert err.splitlines() == [f"midclt: {text.format(path)}" for path in ("/a", "/b")] + ["midclt: something else"]


def test_refused_arguments_are_shown_without_the_servers_trace(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["id", "Item does not exist", 2]]
    report(ValidationErrors(rows, {"class": "InstanceNotFound", "formatted": "Traceback ..."}))
    assert capsys.readouterr().err == "[ENOENT] id: Item does not exist\n"


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (ClientException("[ENOENT] gone", 2, None, None), "[ENOENT] gone\n"),
        (ClientException("", 2, None, None), ""),
        (
            ClientException("gone", 2, {"class": "CallError", "formatted": "Trace\n"}, {"b": 1, "a": [2]}),
            "gone\nTrace\n\n{'a': [2], 'b': 1}\n",
        ),
        (ClientException("gone", 2, {"class": "CallError"}, []), "gone\n"),
        (ClientException("gone", 2, "a trace that is text", "extra"), "gone\n'extra'\n"),
        (ClientException("gone", 2, {"formatted": 7}, None), "gone\n"),
        (ValidationErrors([["a.b", "bad", 22], ["", "many", 7]]), "[EINVAL] a.b: bad\n[E2BIG] ALL: many\n"),
    ],
)
def test_errors(error: ClientException, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(error)
    assert capsys.readouterr() == ("", printed)


@given(st.text())
def test_harmless_text_cannot_steer(text: str) -> None:
    assert all(c in "\t\n" or c >= " " for c in harmless(text))
    assert not set(harmless(text)) & {chr(c) for c in (*range(0x7F, 0xA0), *range(0x2028, 0x202F))}


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_a_fitted_line_fits(text: str, width: int) -> None:
    line = fit(text, width)
    assert cells(line) <= width
    assert "\n" not in line
    assert "\t" not in line


def test_wide_characters_take_two_cells() -> None:
    assert fit("你好", 3) == "你"
    assert cells("你e\u0301") == 3


class _Pipe(io.RawIOBase):
    """An output that takes four bytes at a time, and none after the tenth: its reader went away."""

    def __init__(self, room: int) -> None:
        self.taken, self.room = b"", room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(self.taken) >= self.room:
            raise BrokenPipeError
        part = bytes(data)[:4]
        self.taken += part
        return len(part)


def test_an_output_without_a_buffer_gets_all_or_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (100, 10):
        pipe = _Pipe(room)
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, write_through=True))  # type: ignore[type-var]
        if room == 100:
            print_line("0123456789abcdef")
            assert pipe.taken == b"0123456789abcdef\n"
        else:
            with pytest.raises(BrokenPipeError):
                print_line("0123456789abcdef")
