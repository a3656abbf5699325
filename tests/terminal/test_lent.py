"""The terminal lent to a pager or an editor: it is as the user's shell has it meanwhile, and the app's again after."""

from __future__ import annotations

import termios
from pathlib import Path

import pytest

from tests.terminal.test_ends import started


async def test_a_pager_and_an_editor_have_the_terminal_until_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncat "${1:--}" | head -c 60; echo "shown by $0"; read line <&1; exit 3\n')
    program.chmod(0o700)
    monkeypatch.setenv("PAGER", str(program))
    monkeypatch.setenv("VISUAL", str(program))
    async with started(tmp_path) as app:
        app.type("sys info")
        await app.see("› system.info")
        app.press("enter")
        await app.see("ctrl+j runs it")
        app.press("ctrl+j")
        await app.see("[Tree]")
        app.press("escape")
        await app.done()
        for key in (b"\x1bOR", b"\x1bOS"):
            before = len(app.raw)
            app.send(key)
            await app.until(lambda: b"shown by " in app.raw[before:], "the program")  # noqa: B023
            after = app.raw[before:].partition(b"\x1b[?1049l")[2]
            assert b'"version"' in after
            assert b"\x1b[?1049h" not in after
            assert app.attributes()[3] & termios.ICANON
            assert app.attributes()[3] & termios.ECHO
            before = len(app.raw)
            app.send(b"\n")  # to the program
            await app.until(lambda: b"\x1b[?1049h" in app.raw[before:], "the app")  # noqa: B023
            await app.see("[Tree]", "ended with status 3")
            assert not app.attributes()[3] & termios.ECHO
            await app.done()
        app.press("ctrl+q")
        assert await app.end() == 0
