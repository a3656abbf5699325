"""The settings card: a change is in force at once and in the file; the app starts whatever the file says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.app.conftest import Desk
from tui import actions
from tui.app import Start, TrueNASApp
from tui.cards.quit import ask_to_quit
from tui.cards.settings import SettingsScreen
from tui.memory.state import Memories
from tui.settings.file import SettingsFile
from tui.settings.values import Settings, in_force, put_in_force
from tui.widgets.rows import Rows


@asynccontextmanager
async def at_the_card(file: SettingsFile, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Desk]:
    """The app without a connection, and its settings over it."""
    app = TrueNASApp(Start(fresh=True), Memories(fresh=True), file)
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: app.screen.id != "empty", "the connect card")
        app.action_app_settings()
        await desk.until(lambda: isinstance(app.screen, SettingsScreen), "the settings")
        yield desk


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "truenas-tui.toml"


async def test_a_change_is_in_force_at_once_and_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, '# mine\ntheme = "dark"\n')
    file = SettingsFile(path)

    async def edited(app: object, text: str, *, name: str) -> str:
        return f'{text}\n[keys]\n"app.settings" = "f7"\n"nav.up" = 3\n'

    monkeypatch.setattr("tui.lent_terminal.edited_by_program", edited)
    async with at_the_card(file) as desk:
        rows = desk.app.screen.query_one(Rows)
        assert rows.key == "theme"
        await desk.press("right")
        assert desk.app.theme == "light"
        assert read(path) == '# mine\ntheme = "light"\n'
        rows.move_to("animation")
        await desk.press("enter")
        assert desk.app.animation_level == "full"
        rows.move_to("limits.events")
        await desk.press("enter", *["backspace"] * 4, "minus", "enter")
        await desk.see("It should be a whole number from 10 to 100000")
        await desk.press("backspace", "7", "enter")
        await desk.see("should be a whole number from 10 to 100000")
        await desk.press("7", "enter")
        assert in_force() == Settings(theme="light", animation=True, events=77)
        await desk.press("enter", "escape", "delete")
        assert in_force().events == 2000
        assert "events" not in read(path)
        await desk.press("f4")
        await desk.see("nav.up: should be a key in quotes", "default + 2 own")
        assert actions.key("app.settings") == "F7"
        await desk.press("f7")
        await desk.until(lambda: not isinstance(desk.app.screen, SettingsScreen), "the card closed")
    assert SettingsFile(path).settings == Settings(theme="light", animation=True)


async def test_faults_of_the_file_are_told_and_it_is_left_alone(path: Path) -> None:
    text = 'theme = "light"\nx = \n'
    write(path, text)
    async with at_the_card(SettingsFile(path)) as desk:
        assert desk.app.theme == "dark"
        told = [notice.message for notice in desk.app._notifications]
        assert len(told) == 1
        assert told[0].startswith(f"{path}:2: Invalid value")
        await desk.press("right")
        assert desk.app.theme == "light"
        await desk.see("Not written: ")
    assert read(path) == text


async def test_of_many_faults_a_few_are_told(path: Path) -> None:
    write(path, "".join(f"x{number} = 1\n" for number in range(9)))
    async with at_the_card(SettingsFile(path)) as desk:
        assert len(told := [notice.message for notice in desk.app._notifications]) == 4
        assert told[-1] == "6 more faults in the settings: 0 lists them"
        await desk.see("x0: there is no such setting", "and 8 more")


async def test_a_theme_chosen_in_the_app_stays_where_the_theme_is_said(path: Path) -> None:
    file = SettingsFile(path)
    async with at_the_card(file) as desk:
        desk.app.theme = "light"
        await desk.until(lambda: desk.app.memories.app.theme == "light", "remembered")
        assert not read(path), "a file that says nothing of the theme is not begun for it"
        file.put("theme", "light")
        desk.app.theme = "dark"
        await desk.until(lambda: 'theme = "dark"' in read(path), "written")
        assert desk.app.memories.app.theme == "light"


class Asked:
    """What asking needs of the app."""

    def __init__(self) -> None:
        self.did = ""

    def push_screen(self, *_: object) -> None:
        self.did = "asked"

    def exit(self) -> None:
        self.did = "quit"


@pytest.mark.parametrize(("quit", "did"), [("always", "asked"), ("jobs", "quit"), ("never", "quit")])
def test_quitting_asks_as_the_settings_say(quit: str, did: str) -> None:
    put_in_force(Settings(quit=quit))
    try:
        ask_to_quit(app := Asked(), [])  # type: ignore[arg-type]
    finally:
        put_in_force(Settings())
    assert app.did == did
