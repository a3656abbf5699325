"""`Pane`: anything with a border. Name at the left of the top border, views at its right, facts in the bottom border.

The border says where the focus is by its shape (round or heavy) as well as by its colour. What a pane is in (`error`,
`stale`, `empty`) is a class, never an inline style. Titles and facts may hold a server's text: they are `Content`.
"""

from collections.abc import Sequence
from typing import Any, Literal

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style

from tui import actions
from tui.text import ASCII, UNICODE, cut, safe, width
from tui.themes import STYLES
from tui.widgets.clickable import clickable
from tui.widgets.key_line import is_typing

State = Literal["", "error", "stale", "empty"]
Fact = str | tuple[str, str]
"""A fact for the bottom border: text, or text and one of the styles `warning`, `error`, `ok`, `title`."""

_CORNERS = 6  # cells of a border line that its corners, the line beside them and a space take
_LINES = {"heavy": "━", "ascii": "-", "round": "─", "solid": "─", "double": "═"}
_STATES: tuple[State, ...] = ("error", "stale", "empty")


class Pane(Vertical):
    """A bordered part of the screen. Set `title`, `set_tabs`, `facts` and `state`; it draws itself anew."""

    ALLOW_MAXIMIZE = True
    # A border is dragged to move it; the text inside is selected.
    ALLOW_SELECT = False
    auto_links = Reactive(False)
    DEFAULT_CSS = """
    Pane {
        border: round;
        border-title-align: left;
        border-subtitle-align: right;
        padding: 0 1;
        height: 1fr;
    }
    Pane:focus-within {
        border: heavy;
    }
    """

    class TabPressed(Message):
        """One of the words at the right of the title was clicked."""

        def __init__(self, pane: "Pane", tab: str) -> None:
            super().__init__()
            self.pane = pane
            self.tab = tab

        @property
        def control(self) -> "Pane":
            return self.pane

    def __init__(
        self,
        title: str = "",
        *,
        tabs: Sequence[str] = (),
        tab: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._caption = title
        self.tabs = tuple(tabs)
        """The words at the right of the title; see `set_tabs`."""
        self.tab = tab
        """The view that is shown, in brackets there."""
        self._facts: tuple[Fact, ...] = ()
        self._state: State = ""
        self._made_for: object = None

    @property
    def title(self) -> str:
        """The name at the left of the top border."""
        return self._caption

    @title.setter
    def title(self, title: str) -> None:
        if title != self._caption:
            self._caption = title
            self._refresh_border(top=True)

    def set_tabs(self, tabs: Sequence[str], tab: str = "") -> None:
        """The words at the right of the title, and which of them is shown now."""
        if (tuple(tabs), tab) != (self.tabs, self.tab):
            self.tabs, self.tab = tuple(tabs), tab
            self._refresh_border(top=True)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts in the bottom border; without room the first ones are left out first.

        Keys are named as in ``{result.previous} previous``, see `tui.actions.worded`.
        """
        return self._facts

    @facts.setter
    def facts(self, facts: Sequence[Fact] | str) -> None:
        facts = (facts,) if isinstance(facts, str) else tuple(facts)
        if facts != self._facts:
            self._facts = facts
            self._refresh_border(top=False)

    @property
    def state(self) -> State:
        """`error`, `stale`, `empty` or nothing; shown as the class `-error` and so on."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        for known in _STATES:
            self.set_class(known == state, f"-{known}")

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._focus_moved)

    def _focus_moved(self, screen: Screen[Any]) -> None:
        """Facts name the keys that work where the focus is now."""
        if any("{" in (fact if isinstance(fact, str) else fact[0]) for fact in self._facts):
            self._refresh_border(top=False)

    def _refresh_border(self, *, top: bool) -> None:
        """Draws only the upper or the lower border anew, and nothing of what is inside."""
        width, height = self.outer_size
        row = Region(0, 0 if top else max(height - 1, 0), width, 1)
        # A region is counted from the corner of the content.
        self.refresh(row.translate(-self.content_offset))

    def render_lines(self, crop: Region) -> list[Strip]:
        # Made at the moment of drawing: only now are width, focus and theme all known. Most frames change none of them.
        room = self.outer_size.width - _CORNERS
        # One that is removed may be drawn once more: the compositor has its place until the next layout.
        typing = self.is_attached and is_typing(self.screen)
        focused = self.has_pseudo_class("focus-within")
        said = (self._caption, self.tabs, self.tab, self._facts)
        made_for = (room, typing, focused, self.styles.border_top, self.app.has_class("-ascii"), said)
        if made_for != self._made_for:
            self._made_for = made_for
            self._border_title = self._top(room)
            self._border_subtitle = self._bottom(room, typing)
        return super().render_lines(crop)

    @property
    def ellipsis(self) -> str:
        """The sign for what was cut off."""
        return (ASCII if self.app.has_class("-ascii") else UNICODE).ellipsis

    def _top(self, room: int) -> Content | None:
        """Name, border line, views, in `room` cells. Without room the views go, then the name is cut."""
        if room < 1 or not (self._caption or self.tabs):
            return None
        # Without a heavy border the focus needs a sign of its own.
        sign = "> " if self.app.has_class("-ascii") and self.has_pseudo_class("focus-within") else ""
        name = sign + safe(self._caption[:1000])
        shown = [tab for tab in self.tabs if tab]
        words, taken = self._words(shown)
        if words and min(width(name), 30) + taken + 3 > room:
            words, taken = self._words([tab for tab in shown if tab == self.tab])
        if words and min(width(name), 12) + taken + 3 > room:
            words, taken = [], 0
        name = cut(name, room - taken - 3 if words else room, ellipsis=self.ellipsis)
        parts = [Content.styled(name, STYLES["title"])]
        if words:
            kind, colour = self.styles.border_top
            line = Style(foreground=colour)
            filling = room - width(name) - taken - 2
            # Between name and views the border goes on, so both hang in one line.
            gap = f" {_LINES.get(kind, '─') * filling} " if name else _LINES.get(kind, "─") * (filling + 1) + " "
            parts.append(Content.styled(gap, line))
            tabs = [(Content.styled(word, STYLES["chosen" if tab == self.tab else "dim"]), tab) for word, tab in words]
            parts.append(Content("  ").join([clickable(word, "press_tab", tab) for word, tab in tabs]))
        return Content("").join(parts)

    def _words(self, tabs: Sequence[str]) -> tuple[list[tuple[str, str]], int]:
        """The words for views, each with its view, and the cells they take side by side."""
        words = [(f"[{safe(tab[:100])}]" if tab == self.tab else safe(tab[:100]), tab) for tab in tabs]
        return words, sum(width(word) for word, _ in words) + 2 * max(len(words) - 1, 0)

    def _bottom(self, room: int, typing: bool) -> Content | None:
        facts = [(fact, "") if isinstance(fact, str) else fact for fact in self._facts]
        facts = [(actions.worded(safe(text[:1000]), typing=typing), style) for text, style in facts if text]
        while len(facts) > 1 and sum(width(text) + 2 for text, _ in facts) - 2 > room:
            facts.pop(0)
        if not facts or room < 1:
            return None
        parts = [(cut(text, room, ellipsis=self.ellipsis), STYLES[style] if style else "") for text, style in facts]
        return Content("  ").join([Content.styled(*part) for part in parts])

    def action_press_tab(self, tab: str) -> None:
        self.post_message(self.TabPressed(self, tab))
