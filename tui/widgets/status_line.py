"""`StatusLine`: one row with the server, the user that is signed in, and the work in progress.

It draws a `Status` value and nothing else. No state is shown by colour alone: offline the dot is hollow and the
word `offline` is shown. With little room, the least important words are left out first.
"""

from typing import NamedTuple

from textual.color import Color, ColorParseError
from textual.content import Content
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.style import Style
from textual.widget import Widget

from truenas_client.values.human import human_ms
from tui.text import ASCII, UNICODE, Glyphs, cut, safe, width
from tui.themes import STYLES
from tui.widgets.clickable import clickable

_TABS = 5
"""The rank of the tabs: without room they are only counted."""
_COUNT = 6


class Other(NamedTuple):
    """A further connection: its name, whether it is online, and the colour of its profile."""

    name: str
    online: bool
    colour: str = ""


class Status(NamedTuple):
    """The values that the line shows. `note` is a passing word such as `retry in 4 s`; `latency` is in ms."""

    online: bool = False
    name: str = ""
    user: str = ""
    version: str = ""
    writable: bool = False
    latency: float | None = None
    slots: tuple[int, int] = (0, 0)
    """Calls with the server, and calls that wait for one of its ten slots."""
    jobs: int = 0
    events: int = 0
    note: str = ""
    colour: str = ""
    """The profile's colour for this server: a name such as `red`, or `#a02020`. Anything else is no colour."""
    connecting: bool = False
    """For the first time; then the word replaces `offline`."""
    others: tuple[Other, ...] = ()
    """Further connections, as tabs."""


class Word(NamedTuple):
    """A word of the line: the id a click reports, its text and style, and how early it goes without room."""

    id: str
    text: str
    style: str = ""
    rank: int = 0


class StatusLine(Widget):
    """The top row. Assign `status`; `Pressed` tells which word was clicked."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        dock: top;
        padding: 0 1;
    }
    """

    auto_links = Reactive(False)
    status: reactive[Status] = reactive(Status(), init=False)

    class Pressed(Message):
        """A word was clicked: `tab:0` for the first of the other connections, `server`, `access`,
        `lock`, `latency`, `slots`, `jobs`, `events`, `note`."""

        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    def __init__(self, status: Status | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        if status is not None:
            self.set_reactive(StatusLine.status, status)

    @property
    def _glyphs(self) -> Glyphs:
        return ASCII if self.app.has_class("-ascii") else UNICODE

    def _words(self) -> tuple[list[Word], list[Word]]:
        status, glyphs = self.status, self._glyphs
        dot = glyphs.online if status.online else glyphs.offline
        left = [Word("server", dot, "ok" if status.online else "alarm")]
        if status.name:
            left.append(_named("server", status.name, status.colour, "title"))
        if status.connecting:
            left.append(Word("server", "connecting", "warning"))
        elif not status.online:
            left.append(Word("server", "offline", "alarm"))
        left += [
            Word(word, safe(text[:200]), "dim", rank)
            for word, text, rank in (("access", status.user, 3), ("server", status.version, 2))
            if text
        ]
        for at, (name, online, colour) in enumerate(status.others):
            dot = glyphs.online if online else glyphs.offline
            left.append(_named(f"tab:{at}", f"{dot} {name}", colour, "dim", _TABS))
        right = []
        if status.note:
            right.append(Word("note", safe(status.note[:200]), "warning"))
        right.append(Word("lock", "writes allowed", "warning") if status.writable else Word("lock", "read-only"))
        if status.latency is not None and status.online:
            right.append(Word("latency", human_ms(status.latency), "dim", 4))
        busy, waiting = status.slots
        if busy and status.online:
            words = f"{busy}/10 calls" + (f", {waiting} wait" if waiting else "")
            right.append(Word("slots", words, "warning" if waiting else "dim", 4))
        for kind, one, count, rank in (("jobs", "job", status.jobs, 1), ("events", "subscription", status.events, 2)):
            if count:
                right.append(Word(kind, f"{count} {one}{'s' if count != 1 else ''}", "", rank))
        return left, right

    def _layout(self) -> list[tuple[int, Word]]:
        """The words with the column each begins at."""
        room = self.content_size.width
        gap = 3 if room >= 90 else 2
        left, right = self._words()

        def taken(words: list[Word]) -> int:
            return sum(width(word.text) + gap for word in words)

        for rank in (4, 3, 2, _TABS, _COUNT, 1):
            if taken(left) + taken(right) - gap <= room:
                break
            left = [word for word in left if word.rank != rank]
            right = [word for word in right if word.rank != rank]
            if rank == _TABS and self.status.others:
                left.append(Word("tab:0", f"+{len(self.status.others)}", "dim", _COUNT))
        placed: list[tuple[int, Word]] = []

        def place(words: list[Word], at: int, end: int) -> int:
            for word in words:
                text = cut(word.text, end - at, ellipsis=self._glyphs.ellipsis)
                if not text:
                    break
                placed.append((at, word._replace(text=text)))
                at += width(text) + (1 if word is left[0] else gap)
            return at

        at = place(left, 0, max(room - taken(right), 8))
        place(right, max(room - taken(right) + gap, at), room)
        return placed

    def render(self) -> Content:
        parts: list[Content] = []
        at = 0
        for start, word in self._layout():
            if start > at:
                parts.append(Content(" " * (start - at)))
            on = word.style.removeprefix("on:")
            style = _on(on) or "" if on != word.style else STYLES[word.style] if word.style else ""
            parts.append(clickable(Content.styled(word.text, style), "press", word.id))
            at = start + width(word.text)
        return Content("").join(parts)

    def action_press(self, word: str) -> None:
        self.post_message(self.Pressed(word))


def _named(pressed: str, name: str, colour: str, style: str, rank: int = 0) -> Word:
    """A name; on the colour of its profile, if it has one, with a space at either side."""
    name = safe(name[:200])
    return Word(pressed, f" {name} ", f"on:{colour}", rank) if _on(colour) else Word(pressed, name, style, rank)


def _on(colour: str) -> Style | None:
    """A name on the colour of its profile, black or white as can be read on it; None for what is no colour."""
    try:
        background = Color.parse(colour).with_alpha(1.0)
    except ColorParseError:
        return None
    return Style(background=background, foreground=background.get_contrast_text(1.0), bold=True)
