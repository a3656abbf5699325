"""What leaves the app from Explore: saved rows, and the call as a command or script."""

from __future__ import annotations

import csv
import os
import shlex
from pathlib import Path

import pyperclip
import pytest
from textual.widgets import Input

from tests.app.conftest import Open
from tests.app.stage import staged
from tui.cards import clipboard
from tui.session.copying import results_folder
from tui.settings.values import Settings
from tui.widgets.text_view import TextView


async def test_rows_are_saved_and_the_call_copied(
    signed_in: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMUX", "x")
    monkeypatch.setattr(clipboard, "_told", [])
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("user q", "user.query")
        await desk.write('[[["username", "!=", "it\'s"]]]')
        await desk.run()
        await desk.press("escape", "x")
        await desk.see("8 rows. As shown: ", "~/nas-user.query.json")
        await desk.press("right", "right")
        await desk.see("formula", "~/nas-user.query.csv")
        await desk.press("enter")
        await desk.see("Saved 8 rows as CSV")
        rows = list(csv.DictReader((tmp_path / "nas-user.query.csv").open(newline="")))
        assert [row["username"] for row in rows][:2] == ["root", "admin"]
        assert len(rows[0]) > 20
        # The second time the form is remembered, and nothing is written over.
        await desk.press("x")
        await desk.see("~/nas-user.query-2.csv")
        desk.app.screen.query_one("#path", Input).value = "~/nas-user.query.csv"
        await desk.press("tab", "right", "enter")
        await desk.see("exists: enter once more replaces it")
        await desk.press("enter")
        await desk.see(" columns as CSV")
        assert (tmp_path / "nas-user.query.csv").read_text().startswith("uid,username,")
        assert [name for name in os.listdir(tmp_path) if "." in name] == ["nas-user.query.csv"]

        assert desk.session.memory.app.saved_to == ("~", "CSV"), "remembered for the next start"

        await desk.press("y", "m")
        await desk.see("Copied midclt command", "set-clipboard")
        words = ["call", "user.query", '[["username", "!=", "it\'s"]]']
        assert shlex.split(desk.app.clipboard) == ["midclt", "-u", desk.session.target.address, "-U", "admin", *words]
        await desk.press("y", "C")
        await desk.until(lambda: "asyncio.run(main())" in desk.app.clipboard, "the script")
        await desk.press("y", "t")
        await desk.until(lambda: desk.app.clipboard.startswith("|  uid | username "), "the table")
        await desk.write('[[["username", "=", "${env:X}"]], {"password": "typed"}')
        await desk.press("escape", "y")
        await desk.see("n name of the method")
        assert "the call as" not in desk.text, "what is no JSON yet is no call"
        await desk.press("escape")
        await desk.open("user create", "user.create")
        await desk.write('[{"username": "x", "password": "typed"}]')
        await desk.press("escape", "y", "m")
        await desk.until(lambda: "user.create" in desk.app.clipboard, "the command")
        await desk.see("secrets left")
        assert "--fill" in desk.app.clipboard
        assert "typed" not in desk.app.clipboard
        await desk.open("config save", "config.save")
        await desk.press("escape", "y", "u")
        await desk.until(lambda: "curl --fail" in desk.app.clipboard, "the download")
        assert "core.download config.save '[" in desk.app.clipboard
        assert "--output nas-config-" in desk.app.clipboard


@pytest.mark.parametrize(
    ("how", "size", "terminal", "local", "notice"),
    [
        ("auto", 10, True, False, "Copied it"),
        ("terminal", 10, True, False, "Copied it"),
        (
            "terminal",
            2000,
            False,
            False,
            "It, 2.0 kB, is longer than the terminal's clipboard takes (1.0 kB): it is in ",
        ),
        ("local", 2000, False, True, "Copied it"),
        ("local", 10, False, None, "It, 10 B, cannot be copied on this machine: it is in "),
        ("file", 10, False, False, "It, 10 B: it is in "),
    ],
)
async def test_where_a_copy_goes_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, how: str, size: int, terminal: bool, local: bool | None, notice: str
) -> None:
    """``local`` is None where this machine has no clipboard."""
    here: list[str] = []

    def take(text: str) -> None:
        if local is None:
            raise pyperclip.PyperclipException("no tool")
        here.append(text)

    monkeypatch.setattr(pyperclip, "copy", take)
    monkeypatch.setattr(clipboard, "in_force", lambda: Settings(clipboard=how, clipboard_bytes=1000))
    monkeypatch.delenv("TMUX", raising=False)
    node, told = TextView(), list[str]()
    monkeypatch.setattr(node, "notify", lambda text, **options: told.append(text))
    async with staged(node) as pilot:
        app = pilot.app
        text = "x" * size
        assert await clipboard.copy(node, text, "it", "name") is (terminal or bool(local))
        assert told[0].startswith(notice)
        assert here == [text] * bool(local)
        if terminal:
            assert app.clipboard == text
        elif not local:
            (saved,) = os.listdir(results_folder())
            assert saved in told[0]
            assert app.clipboard == (str(results_folder() / saved) if how == "terminal" else "")
            assert await clipboard.copy(node, text, "it", secret=True) is False
            assert os.listdir(results_folder()) == [saved], "a secret goes into no file by itself"
