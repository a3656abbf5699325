"""`Docs`: what a method is, takes and returns, as a document with a cursor: it folds, and its links lead on.

Drawn from the pages of `tui.model.outline`, laid out by `docs_layout`; every text in them is the server's. The lines
are made when a page is shown, folded or as wide as it was not before, and only then. What was folded, and where the
cursor was, is kept for each method while the app runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol

from textual import events
from textual.cache import LRUCache
from textual.message import Message

from truenas_client.methods.catalogue import Method
from tui import actions
from tui.model.outline import CallLink, DraftLink, Item, Link, MethodLink, TypeLink
from tui.model.trail import Place, Trail, search
from tui.widgets.cursor_view import CursorView
from tui.widgets.docs_layout import Line, lay_out, line_of, plain
from tui.widgets.finding_view import FindingView
from tui.widgets.lines import Span
from tui.widgets.marks import marked, places_of

__all__ = ["Docs", "Library"]

_MOST_KEPT = 200  # methods whose folds and cursor are remembered
_SIGN = 2  # cells for the cursor's sign


class Library(Protocol):
    """Where the docs look methods up: the session."""

    def method(self, name: str) -> Method | None:
        """The method of a name."""
        ...

    @property
    def roles(self) -> Collection[str] | None:
        """The roles of the user, None when they are not known."""
        ...


class Docs(CursorView, FindingView):
    """The documentation of one method: `show(method)`, then keys. `Moved`, `CallWanted` and `DraftWanted` tell."""

    BINDINGS = actions.bind("nav.open", "nav.toggle", "tree.all", "nav.left", "nav.right", "docs.back")

    class Moved(Message):
        """The cursor or the page changed, and with it what enter does: see `Docs.hint`."""

    @dataclass
    class CallWanted(Message):
        """Enter on the name of a method: its arguments are wanted."""

        method: str

    @dataclass
    class DraftWanted(Message):
        """Enter on an example: it is to be the draft."""

        method: str
        params: list[Any]

    def __init__(self, library: Library, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._library = library
        self._trail: Trail | None = None
        self._kept: LRUCache[str, Trail] = LRUCache(_MOST_KEPT)
        self._lines: list[Line] = []
        self._wrapped_at = -1
        self._told: str | None = None

    # The page

    @property
    def depth(self) -> int:
        """How many pages can be gone back."""
        return 0 if self._trail is None else self._trail.depth

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        return self._lines[self.cursor].item if self._lines else None

    @property
    def link(self) -> Link | None:
        """Where enter leads from here."""
        return self._lines[self.cursor].link if self._lines else None

    def show(self, method: Method | None) -> None:
        """Shows a method as it was left, or from the top when it is new; None shows nothing."""
        if (left := self._trail) is not None:
            left.leave(self._place())
            if left.touched:
                self._kept[left.method.name] = left
        self._trail = None if method is None else self._trail_of(method)
        self._lay_out_again()

    def _trail_of(self, method: Method) -> Trail:
        held, trail = self._library.roles, self._kept.get(method.name)
        if trail is None:
            return Trail(method, lookup=self._library.method, held=held)
        if trail.method is not method or trail.held != held:
            trail.renew(method, held=held)
        return trail

    def on_show(self) -> None:
        # Laid out while hidden there was no width; and coming back with the size it had is no resize.
        if self.content_region.width != self._wrapped_at:
            self._lay_out_again()

    def on_resize(self, event: events.Resize) -> None:
        if self.content_region.width != self._wrapped_at:
            place = self._place()
            self._lay_out()
            self._go(place)
        else:
            self.show_cursor()

    def _lay_out_again(self) -> None:
        """Lays out the page, the cursor where it was when the page was left."""
        self._lay_out()
        self._go(self._trail.place if self._trail is not None else Place())

    def _lay_out(self) -> None:
        cells = self._wrapped_at = self.content_region.width
        trail = self._trail
        if not cells or trail is None:
            self._lines = []
        else:
            library = self._library
            # One cell less than there is, with a scroll bar and without: it comes and goes after the lines are made.
            self._lines = lay_out(
                trail.page,
                cells - 1 - _SIGN,
                glyphs=self.glyphs,
                folded=trail.folded,
                known=lambda name: name != trail.page.title and library.method(name) is not None,
            )
        self.lines_changed()

    def _place(self) -> Place:
        item = self.item
        row = self.cursor - round(self.scroll_target_y)
        if item is None:
            return Place((), self.cursor, row)
        return Place(item.key, self.cursor - (line_of(self._lines, item.key) or 0), row)

    def _go(self, place: Place) -> None:
        """Puts the cursor at a place, at the row of the screen it had."""
        first = line_of(self._lines, place.key) if place.key else 0
        cursor = max(0, min((first or 0) + place.line, len(self._lines) - 1))
        self.set_reactive(Docs.cursor, cursor)
        self.scroll_lines(cursor - place.row)
        self.show_cursor()
        self.refresh()
        self.cursor_moved()

    # Drawing

    def line_count(self) -> int:
        return len(self._lines)

    def is_cursor_line(self, index: int) -> bool:
        # A document without the focus needs no cursor.
        return index == self.cursor and self.has_focus

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        line = self._lines[index]
        sign = f"{self.glyphs.cursor} " if self.is_cursor_line(index) else "  "
        return [Span(sign, "accent"), *marked(line.spans, places_of(self.sought.lower(), plain(line)))]

    def on_focus(self) -> None:
        self.line_changed(self.cursor)

    def on_blur(self) -> None:
        self.line_changed(self.cursor)

    def cursor_moved(self) -> None:
        hint = self.hint()
        if hint != self._told:
            self._told = hint
            self.post_message(self.Moved())

    def hint(self) -> str:
        """The effect of the opening key at the cursor."""
        key = actions.key("nav.open")
        match self.link:
            case TypeLink(node=node):
                return f"{key} opens {node.title or node.tag or node.name or node.type}"
            case MethodLink(name=name):
                return f"{key} opens {name}"
            case CallLink():
                return f"{key} edits its arguments"
            case DraftLink():
                return f"{key} makes it the draft"
            case _:
                return ""

    # Following links

    def action_choose(self) -> None:
        """Goes where the line leads; on a line without a link, folds."""
        link, trail = self.link, self._trail
        if trail is None:
            return
        match link:
            case None:
                self.action_fold_toggle()
            case CallLink(name=name):
                self.post_message(self.CallWanted(name))
            case DraftLink(method=method, params=params):
                self.post_message(self.DraftWanted(method, params))
            case _:
                if trail.follow(link, self._place()):
                    self._turn(Place())

    def _turn(self, place: Place) -> None:
        """Shows another page of the trail."""
        self._told = None
        self._lay_out()
        self._go(place)
        self.refresh_bindings()

    def back(self) -> bool:
        """Returns to the page before, the cursor where it was; False when there is none."""
        place = self._trail.back() if self._trail is not None else None
        if place is None:
            return False
        self._turn(place)
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.depth > 0 if action == "docs_back" else super().check_action(action, parameters)

    def action_docs_back(self) -> None:
        self.back()

    # Folding

    def folded(self, index: int) -> bool | None:
        item = self._lines[index].item if self._lines else None
        return self._trail.folded(item) if self._trail is not None and item is not None and item.folds else None

    def fold(self, folded: bool, *, below: bool = False) -> None:
        item = self.item
        if self._trail is None or item is None:
            return
        row = (line_of(self._lines, item.key) or 0) - round(self.scroll_target_y)
        before = len(self._lines)
        self._trail.fold(item, folded, below=below)
        self._lay_out()
        # What came to light moves up, as far as the item itself stays in sight.
        came = len(self._lines) - before + 1
        self._go(Place(item.key, 0, max(min(row, self.page_height - came), 0) if came > 1 else row))

    def line_above(self) -> int | None:
        if self._trail is None or self.item is None:
            return None
        holder = next(self._trail.page.above(self.item.key), None)
        return line_of(self._lines, holder.key) if holder is not None else None

    def line_inside(self) -> int | None:
        return line_of(self._lines, self.item.children[0].key) if self.item is not None and self.item.children else None

    def action_fold_toggle_all(self) -> None:
        if (folded := self.folded(self.cursor)) is not None:
            self.fold(not folded, below=True)

    # Finding

    def matches(self, text: str, *, backwards: bool) -> Iterator[Item]:
        here = self.item
        after = None if here is None else here.key
        return iter(()) if self._trail is None else search(self._trail.page, text, after=after, backwards=backwards)

    def match_here(self, text: str) -> Item | None:
        return self.item if self.item is not None and text.lower() in self.item.said().lower() else None

    @property
    def match_count(self) -> int:
        """How many items of the page contain the sought text, ignoring case."""
        if not self.sought or self._trail is None:
            return 0
        return sum(1 for _ in search(self._trail.page, self.sought, after=None))

    def go_to_match(self, place: Item) -> None:
        assert self._trail is not None
        sought = self.sought.lower()
        self._trail.reveal(place.key)
        if any(sought in word.text.lower() for word in place.hidden):
            self._trail.fold(place, False)
        self._lay_out()
        first = line_of(self._lines, place.key) or 0
        lines = takewhile(lambda at: self._lines[at].item in (place, None), range(first, len(self._lines)))
        last = next((at for at in lines if sought in plain(self._lines[at]).lower()), first)
        top = round(self.scroll_target_y)
        row = last - top if top <= last < top + self.page_height else self.page_height // 3
        self._go(Place(place.key, last - first, row))
