"""The user's editor over the app, in a real terminal: it has the terminal as a shell gives it, and gives it back."""

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
