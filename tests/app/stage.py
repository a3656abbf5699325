"""An app with only the widgets under test on it, and what a terminal would be sent for them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

import tui
from tests.app.waiting import screen_strips
from tui.themes import THEMES

M = TypeVar("M", bound=Message)

HOSTILE = (
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[bold red]\\[x](http://evil)[/",
    "a\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b31m",
    "line\nbreak\r\nreturn\rtab\tnul\x00bell\x07del\x7f\x85\u2028\u2029",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061cy",
    "zero\u200bwidth\u200d\u2060\ufeff\u00ad joined",
    "👨\u200d👩\u200d👧 🇩🇪 ❤\ufe0f 👍🏽 ☁\ufe0f",
    "日本語のとても長いプールの名前です한국어中文",
    "e" + "\u0301" * 500,
    "\ud83d lone \udfff",
    "x" * 10_000,
    "語" * 10_000,
    "",
    " ",
)
"""Texts a server could send to break a screen."""

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufe0f\ud800-\udfff]")
"""Characters that no rendered text may hold."""


class Stage(App[None]):
    """Shows the given widgets under the app's own style sheet and keeps their messages."""

    CSS_PATH = [Path(tui.__file__).parent / "styles" / f"{name}.tcss" for name in ("app", "later")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *widgets: Widget, theme: str = "dark", ascii_only: bool = False) -> None:
        super().__init__()
        self._widgets = widgets
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme
        if ascii_only:
            self.add_class("-ascii")
        self.messages: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def hear(self, message: Message) -> None:
        if not any(message is known for known in self.messages):
            self.messages.append(message)

    def of(self, kind: type[M]) -> list[M]:
        """The messages of a kind that were posted, each once, oldest first."""
        return [message for message in self.messages if isinstance(message, kind)]


@asynccontextmanager
async def staged(
    *widgets: Widget, size: tuple[int, int] = (80, 24), theme: str = "dark", ascii_only: bool = False
) -> AsyncIterator[Pilot[None]]:
    """Runs a `Stage` with these widgets; `pilot.app.of(Message)` tells what they said."""
    stage = Stage(*widgets, theme=theme, ascii_only=ascii_only)
    async with stage.run_test(size=size, message_hook=stage.hear) as pilot:
        await pilot.pause()
        yield pilot


def said(pilot: Pilot[None], kind: type[M]) -> list[M]:
    """The messages of a kind that were posted on the pilot's stage."""
    assert isinstance(pilot.app, Stage)
    return pilot.app.of(kind)


def drawn(pilot: Pilot[None]) -> list[str]:
    """The lines on screen; fails when one is not exactly as wide as the screen, or could disturb a terminal."""
    width = pilot.app.size.width
    lines: list[str] = []
    for number, strip in enumerate(screen_strips(pilot)):
        text = "".join(segment.text for segment in strip)
        assert not (found := UNSAFE.search(text)), f"line {number} holds {found.group()!r}: {text!r}"
        cells = sum(cell_len(segment.text) for segment in strip)
        assert cells == strip.cell_length == width, f"line {number} takes {cells} of {width} cells: {text!r}"
        lines.append(text)
    return lines
