"""`Tile`: one bordered part of the dashboard, drawn line by line, with a cursor that goes from item to item.

An item is one or more lines with the same key; lines without a key only tell something. The cursor stays on its item
when the lines are made anew, and is seen only where the focus is. Past the last item it leaves for the next tile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message

from tui import actions
from tui.text import Glyphs
from tui.widgets.cursor_view import CursorView
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span
from tui.widgets.pane import Fact, Pane

__all__ = ["Drawn", "Room", "Tile", "TileLines"]


@dataclass(frozen=True, slots=True)
class Room:
    """What the lines of a tile are made for. ``rows`` is 0 where the tile is as high as its lines."""

    cells: int
    rows: int
    glyphs: Glyphs


Drawn = Iterable[tuple[str, Line]]
"""Lines, each with the key of its item, or ""."""


class TileLines(LaidLines, CursorView):
    """The lines inside a tile; enter posts `Chosen` with the key of the item, "" where there is none."""

    BINDINGS = actions.bind("nav.open")

    @dataclass
    class Chosen(Message):
        """The item under the cursor is to be opened."""

        lines: TileLines
        key: str

    @dataclass
    class Moved(Message):
        """The cursor came to another item."""

        lines: TileLines

    @dataclass
    class Left(Message):
        """The cursor went past the first (-1) or the last item (1)."""

        lines: TileLines
        way: int

    def __init__(self, draw: Callable[[Room], Drawn]) -> None:
        super().__init__()
        self._draw = draw
        self._keys: list[str] = []
        self._fresh = False
        """Whether the focus has just come: a click that brought it shows the cursor, and opens nothing."""
        self.grows = False
        """Whether the tile is as high as its lines."""

    @property
    def key(self) -> str:
        """The key of the item under the cursor; "" where there is none."""
        return self._keys[self.cursor] if self.cursor < len(self._keys) else ""

    @property
    def rows_of_item(self) -> int:
        """How many lines the item under the cursor has."""
        return self._keys.count(self.key) if self.key else 1

    def lay(self, cells: int) -> Iterator[Line]:
        key = self.key
        rows = 0 if self.grows else self.scrollable_content_region.height
        drawn = list(self._draw(Room(cells - 2, rows, self.glyphs)))
        self._keys = [key for key, _line in drawn]
        self.set_reactive(TileLines.cursor, self._place_of(key))
        return iter([line for _key, line in drawn])

    def _place_of(self, key: str) -> int:
        """The first line of an item, or what is nearest to where it was."""
        if key and key in self._keys:
            return self._keys.index(key)
        return next((at for at, other in enumerate(self._keys) if other and at >= self.cursor), self._last())

    def _last(self) -> int:
        key = next((key for key in reversed(self._keys) if key), "")
        return self._keys.index(key) if key else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.laid(width))

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        marked = self.is_cursor_line(index) and index == self.cursor
        return [Span(f"{self.glyphs.cursor} " if marked else "  ", "accent"), *super().line_spans(index, cells)]

    def is_cursor_line(self, index: int) -> bool:
        return self.has_focus and bool(self.key) and index < len(self._keys) and self._keys[index] == self.key

    def on_focus(self) -> None:
        self._fresh = True
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self.redraw()

    def cursor_moved(self) -> None:
        self.post_message(self.Moved(self))

    def choose_at(self, index: int, column: int) -> bool:
        if not (key := self._keys[index]):
            return False
        chosen, self._fresh = key == self.key and not self._fresh, False
        self.move_to(key)
        return chosen

    def move_to(self, key: str) -> None:
        """Puts the cursor on the item of a key, where there is one."""
        if key in self._keys:
            self.cursor = self._keys.index(key)

    def enter_from(self, way: int) -> None:
        """The cursor comes from the tile before (1) or from the one after (-1)."""
        if any(self._keys):
            self.cursor = next(at for at, key in enumerate(self._keys) if key) if way > 0 else self._last()

    def action_line_up(self) -> None:
        self._step(-1)

    def action_line_down(self) -> None:
        self._step(1)

    def _step(self, way: int) -> None:
        key, keys = self.key, self._keys
        further = range(self.cursor + 1, len(keys)) if way > 0 else range(self.cursor - 1, -1, -1)
        found = next((keys[at] for at in further if keys[at] and keys[at] != key), None)
        if found is not None:
            self.move_to(found)
        elif 0 <= round(self.scroll_target_y) + way <= self.max_scroll_y:
            self.scroll_lines(self.scroll_target_y + way)
        else:
            self.post_message(self.Left(self, way))

    def _page(self, lines: int) -> None:
        here, there = sorted((self.cursor, max(self.cursor + lines, 0)))
        found = [key for key in self._keys[here : there + 1] if key and key != self.key]
        if found:
            self.move_to(found[-1] if lines > 0 else found[0])
        else:
            self._step(1 if lines > 0 else -1)

    def action_line_top(self) -> None:
        self.enter_from(1)
        self.scroll_lines(0)

    def action_line_end(self) -> None:
        self.enter_from(-1)
        self.scroll_lines(self.virtual_size.height)

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self, self.key))


class Tile(Pane):
    """A tile. ``state`` is what its lines are made of: they are made anew where it is another than before."""

    def __init__(
        self,
        title: str,
        draw: Callable[[Room], Drawn],
        state: Callable[[], object],
        told: Callable[[], tuple[Sequence[str], Sequence[Fact]]] = lambda: ((), ()),
        *,
        id: str,
    ) -> None:
        """``told`` gives the words for the top border and the facts for the bottom one."""
        super().__init__(title, id=id)
        self.lines = TileLines(draw)
        self._made_of = state
        self._told = told
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield self.lines

    def pull(self) -> None:
        """Draws what there is now, where it is news."""
        state = self._made_of()
        if state == self._drawn:
            return
        self._drawn = state
        self.lines.lay_anew()
        words, self.facts = self._told()
        self.set_tabs(words)
        if self.lines.grows:
            self.lines.refresh(layout=True)
