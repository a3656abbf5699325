"""The terminal lent to a pager or an editor: it is as the user's shell has it meanwhile, and the app's again after."""

from __future__ import annotations

import termios
from pathlib import Path

import pytest

from tests.terminal.test_ends import restored, started

EDITOR = """#!/bin/sh
stty -a > {folder}/modes
cp "$1" {folder}/given
printf 'the editor has the terminal\\r\\n'
read line
sed -i 's/"name": "?"/"name": "tank\\/new", "comments": "'"$line"'"/' "$1"
"""


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


async def test_the_editor_has_the_terminal_and_gives_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.format(folder=tmp_path))
    editor.chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(editor))
    async with started(tmp_path) as app:
        app.type("pool.dataset.create")
        await app.see("› pool.dataset.create")
        app.press("enter")
        await app.see("fill 1 field")
        app.send(b"\x1bOS")  # F4
        await app.see("the editor has the terminal")
        assert app.attributes()[3] & termios.ECHO, "what is typed there is seen"
        assert app.attributes()[3] & termios.ICANON
        left, mouse = b"\x1b[?1049l", b"\x1b[?1003l"
        assert app.raw.rindex(left) > app.raw.rindex(b"\x1b[?1049h"), "it is on the screen from before"
        assert app.raw.rindex(mouse) > app.raw.rindex(b"\x1b[?1003h"), "the mouse is the terminal's"
        app.type("from the editor\n")
        await app.see("from the editor", "tank/new", "pool.dataset.create")
        assert not app.attributes()[3] & termios.ECHO
        assert app.raw.rindex(b"\x1b[?1049h") > app.raw.rindex(left)
        assert app.raw.rindex(b"\x1b[?1003h") > app.raw.rindex(mouse)
        assert " icanon" in (tmp_path / "modes").read_text()
        assert '// "encryption": false' in (tmp_path / "given").read_text(), (
            "what may be left out stands there as comments"
        )
        app.press("ctrl+q")
        assert await app.end() == 0
        restored(app)
