"""The methods of a server: starred ones, recent ones and a tree of namespaces; while typing a flat list, best first.

What is starred, was called, unfolded and under the cursor is kept in the memory of the connection, which outlives the
app. The list never changes its catalogue and opens no method itself: `MethodList.Chosen` asks for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from truenas_client.methods.catalogue import Catalogue
from tui import actions
from tui.memory.state import ConnectionMemory, Place
from tui.widgets.method_rows import METHOD, RECENT, hit_rows, method_of, namespace_of, space, tree_rows, why_words
from tui.widgets.pane import Pane
from tui.widgets.rows import Rows

# Loaded for the first search: the list is there sooner without.
if TYPE_CHECKING:
    from truenas_client.methods.search import Hit, Index

__all__ = ["MethodList", "Typed"]

MOST_HITS = 200
READ_AHEAD_SECONDS = 0.5
"""How long after the methods came their texts are read for searching: what the user does first comes first."""


CARET_KEYS = {"down": "line_down", "up": "line_up", "pagedown": "page_down", "pageup": "page_up"}
"""Keys of the filter that move the cursor of the list instead, with what they do there."""


class Filter(Input):
    """The field above the list. Arrows and enter act in the list without leaving the field: letters always filter."""

    BINDINGS = [
        *actions.bind(("nav.open", "submit")),
        *(Binding(key, f"reach('{action}')", show=False) for key, action in CARET_KEYS.items()),
    ]

    def __init__(self, names: Rows) -> None:
        super().__init__(placeholder="type to find", id="filter")
        self._names = names
        # Not by the argument, which would have the styles worked out before there is a place for the field.
        self.set_reactive(Filter.compact, True)
        self.add_class("-textual-compact", update=False)

    def action_reach(self, action: str) -> None:
        """Does in the list what this action does there."""
        getattr(self._names, f"action_{action}")()

    def action_cursor_left(self, select: bool = False) -> None:
        # The field is empty, so the caret cannot move: the key is for the tree.
        if self.value:
            super().action_cursor_left(select)
        else:
            self.action_reach("fold")

    def action_cursor_right(self, select: bool = False) -> None:
        if self.value:
            super().action_cursor_right(select)
        else:
            self.action_reach("unfold")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return not self._acts(key, character) and super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        if self._acts(event.key, event.character):
            event.prevent_default()

    def _acts(self, key: str, character: str | None) -> bool:
        """Whether a sign acts as in the list: no name has a star in it, or begins with a slash. Letters only filter."""
        if character is None or character.isalnum():
            return False
        return key in actions.keys_of("method.star") or (key in actions.keys_of("pane.find") and not self.value)


class Typed(NamedTuple):
    """The user's input before the workspace was loaded."""

    filter: str = ""
    cursor: str = ""
    """The key of the row under the cursor."""
    chosen: str = ""
    """The method that is to be opened."""


class MethodList(Pane):
    """Shows a `Catalogue`; `Chosen` names the method to open, `Highlighted` the one under the cursor."""

    # The keys of the call and its result would push aside those of the list.
    FOOTER_WORDS: ClassVar[Mapping[str, str]] = {
        "method.star": "star",
        "pane.find": "filter",
        **dict.fromkeys(("call.run", "pane.methods", "pane.args", "result.view", "copy.menu", "app.jump"), ""),
    }

    class Chosen(Message):
        """A method is to be opened."""

        def __init__(self, method: str) -> None:
            super().__init__()
            self.method = method

    class Highlighted(Message):
        """The cursor came to a method, or to a namespace (None)."""

        def __init__(self, method: str | None) -> None:
            super().__init__()
            self.method = method

    def __init__(self, memory: ConnectionMemory | None = None, *, id: str | None = None) -> None:
        """``memory`` is where stars and the like are kept; without one they last as long as the list."""
        super().__init__("Methods", id=id)
        self._memory = memory or ConnectionMemory()
        self._catalogue = Catalogue.from_methods({})
        self._index: Index | None = None
        self._open: set[str] = {RECENT}
        self._current: str | None = None
        # Why a method was found, by the key of its row, and how the tree is to be shown at first.
        self._why: dict[str, str] = {}
        self._returning: Place | None = self._memory.place
        # Made here, because a list of methods may come while the app closes and these are removed already.
        self.names = Rows(empty="Reading the methods ...", id="names")
        self.filter: Input = Filter(self.names)
        """The field to type into, above the list."""

    def compose(self) -> ComposeResult:
        yield self.filter
        yield self.names

    @property
    def _query(self) -> str:
        return self.filter.value.strip()

    @property
    def highlighted(self) -> str | None:
        """The method under the cursor."""
        return method_of(self.names.key)

    @property
    def index(self) -> Index:
        """The index that the filter searches."""
        if self._index is None:
            from truenas_client.methods.search import Index

            self._index = Index(self._catalogue)
        return self._index

    def set_catalogue(self, catalogue: Catalogue, *, cached: bool = False) -> None:
        """Shows the methods of this one; filter and folding stay. ``cached`` ones may be old."""
        self.title = "Methods  cached" if cached else "Methods"
        self._catalogue = catalogue
        self._index = None  # made when it is searched: the list is there sooner without
        self.filter.placeholder = f"type to find among {len(catalogue)}" if len(catalogue) else "type to find"
        place = self._returning if len(catalogue) else None
        if place is not None and (place.cursor or place.unfolded):
            self._open = set(place.unfolded)
        self._refill(keep=True)
        if place is not None:
            self._returning = None
            self.names.scroll_lines(place.top)
            self.names.move_to(place.cursor)
            self._read_ahead()

    @work(exclusive=True, group="read-ahead")
    async def _read_ahead(self) -> None:
        await asyncio.sleep(READ_AHEAD_SECONDS)
        for _left in self.index.prepare():
            await asyncio.sleep(0)

    def renew(self) -> None:
        """Draws the list again after stars or recent methods have changed."""
        self._refill(keep=True)

    def toggle_star(self, method: str) -> bool:
        """Gives a method a star or takes it; whether it has one now."""
        starred = self._memory.toggle_star(method)
        self.renew()
        return starred

    def go_on(self, typed: str, cursor: str) -> None:
        """Takes over the filter of another list of the same methods, and the row of its cursor."""
        self.filter.value = typed
        self._refill(keep=False)
        self.names.move_to(cursor)

    def show_current(self, method: str) -> None:
        """Marks the open method and unfolds the namespace it is in."""
        self._current = method
        if method:
            self._open.add(space(method.rpartition(".")[0]))
        if not self._query:
            self._refill(keep=True)
            self.names.move_to(METHOD + method)

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._refill(keep=False)
        if not self._query and self._current:
            self.names.move_to(METHOD + self._current)

    @on(Input.Submitted, "#filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.names.action_choose()

    @on(Rows.Chosen, "#names")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        method = method_of(event.key)
        if method is not None:
            self.post_message(self.Chosen(method))

    @on(Rows.Highlighted, "#names")
    def _highlight(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(self.Highlighted(self.highlighted))
        self._tell()
        self._keep_place()

    @on(Rows.Folded, "#names")
    def _folded(self, event: Rows.Folded) -> None:
        event.stop()
        if event.folded:
            self._open.discard(event.key)
        else:
            self._open.add(event.key)
        before = len(self.names.rows)
        self._refill(keep=True)
        self.names.show_below(len(self.names.rows) - before)
        self._keep_place()

    def _keep_place(self) -> None:
        """Remembers the place in the tree; a search is not remembered."""
        if self._returning is None and not self._query:
            top = round(self.names.scroll_target_y)
            self._memory.place = Place(tuple(self._open), self.names.key or "", top)

    def _refill(self, *, keep: bool) -> None:
        query, known, memory, glyphs = self._query, self._catalogue, self._memory, self.names.glyphs
        if query:
            hits: list[Hit] = self.index.search(query, limit=MOST_HITS)
            self._why = {METHOD + hit.method.name: why_words(hit.why) for hit in hits if hit.why}
            rows = hit_rows(known, hits, stars=memory.stars, glyphs=glyphs)
        else:
            rows = tree_rows(known, unfolded=self._open, stars=memory.stars, recent=memory.recent, glyphs=glyphs)
        if len(known):
            self.names.empty = "No method matches." if query else "No methods."
        self.names.set_rows(rows, keep=keep)
        self._tell()

    def _tell(self) -> None:
        key = self.names.key or ""
        if self._query:
            self.facts = (self._why.get(key, ""), f"{len(self.names.rows)} of {len(self._catalogue)}")
        elif (space := namespace_of(key)) is not None:
            self.facts = f"{space} {sum(1 for method in self._catalogue if method.namespace == space)}"
        else:
            self.facts = ""
