"""`JsonView`: any decoded value as a tree that folds, drawn line by line from `tui.model.flatten`.

Showing five megabytes costs what showing five lines does: rows exist only while they are drawn. Human readings (sizes,
dates) stand dim at the right of a value and never replace it. Searching looks into folded parts too, in slices, so the
screen goes on living; the next search or value ends it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tui import actions
from tui.model.flatten import Path, Row, Tree
from tui.text import cut, pad, safe, width
from tui.widgets.cursor_view import CursorView
from tui.widgets.finding_view import found_spans
from tui.widgets.lines import Span
from tui.widgets.result_messages import ViewChanged
from tui.widgets.value_view import KIND_STYLES, ValueView

_WIDEST_KEY = 28  # cells that keys of one object are padded to at most
_KEYS_MEASURED = 200
_HINT_AT = 24  # cells after which hints begin, so that short values have theirs in one column


class JsonView(CursorView, ValueView):
    """Shows `set_value(value)`."""

    BINDINGS = actions.bind(*("nav.open", "nav.toggle", "nav.left", "nav.right", "tree.all", "tree.less", "tree.more"))

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tree: Tree | None = None
        self._key_cells: dict[Path, int] = {}
        self._told: Path | None = None
        self.level: int | None = None
        """The level that the tree is folded to; None once the user folded or unfolded a single row."""
        self.partly = False
        """Whether that was too much to unfold, so that only the first rows are."""

    # The value

    def set_value(self, value: Any) -> None:
        """Shows a value, which must not change while it is shown."""
        self._take(Tree(value))
        self.scroll_lines(0)

    def clear(self) -> None:
        self._take(None)

    def _take(self, tree: Tree | None) -> None:
        self.end_search()
        self._tree = tree
        self._told = None
        self.level = None
        self._key_cells.clear()
        self.set_reactive(JsonView.cursor, 0)
        self.lines_changed()
        self.cursor_moved()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return None if self._tree is None or self.cursor < self._first else self._row_at(self.cursor)

    @property
    def _first(self) -> int:
        """The line of the root: those above it are of a sub-class."""
        return 0

    def _row_at(self, index: int) -> Row:
        assert self._tree is not None
        return self._tree.row(index - self._first)

    @property
    def path(self) -> Path:
        """The path of the value under the cursor; () at the root and when nothing is shown."""
        row = self.current
        return () if row is None else row.path

    @property
    def value(self) -> Any:
        row = self.current
        return None if row is None else row.value

    @property
    def facts(self) -> list[str]:
        if self.level is None:
            return []
        return [f"level {self.level}" + (" of the first rows" if self.partly else "")]

    def fold_level(self, level: int) -> None:
        """Shows exactly the rows down to a level."""
        if self._tree is not None:
            path = self.path
            self.partly = not self._tree.fold_level(level)
            self._told = None  # the level is told even where the cursor stays
            self._refold(path, level)

    # Drawing

    def line_count(self) -> int:
        return self._first + (0 if self._tree is None else len(self._tree))

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        row = self._row_at(index)
        glyphs = self.glyphs
        # Deep values must not be pushed off the screen by their own indentation.
        indent = min(2 * row.depth, max(cells // 2 - 4, 0))
        marker = "  " if row.folded is None else f"{glyphs.folded if row.folded else glyphs.open} "
        spans = [
            Span(f"{glyphs.cursor} " if index == self.cursor else "  ", "accent"),
            Span(" " * indent),
            Span(marker, "dim"),
        ]
        if row.key is not None:
            key_cells = self._widest_key(row.path[:-1], cells)
            key = cut(safe(str(row.key)[: 4 * cells]), max(cells // 2, 4), ellipsis=glyphs.ellipsis)
            spans += found_spans(key, self.sought, "key" if isinstance(row.key, str) else "dim")
            spans.append(Span(" " * max(key_cells - width(key), 0) + "  "))
        room = max(cells - sum(width(span.text) for span in spans), 1)
        if row.folded is None and not row.count and row.kind in KIND_STYLES:
            hint = safe(row.hint[:60])
            room -= width(hint) + 2 if hint else 0
            text = cut(safe(row.preview), max(room, 8), ellipsis=glyphs.ellipsis)
            spans += found_spans(text, self.sought, KIND_STYLES[row.kind])
            if hint:
                spans.append(Span(pad("", max(_HINT_AT - width(text), 2)) if room > _HINT_AT else "  "))
                spans.append(Span(hint, "dim"))
        else:
            spans.append(Span(safe(row.preview), "dim"))
            if row.title and row.depth:
                spans += [Span("  "), Span(cut(safe(row.title), room, ellipsis=glyphs.ellipsis))]
        return spans

    def _widest_key(self, parent: Path, cells: int) -> int:
        """Cells the keys of one container are padded to."""
        found = self._key_cells.get(parent)
        if found is None:
            assert self._tree is not None
            value = self._tree.value_at(parent)
            if isinstance(value, dict):
                names = list(value)[:_KEYS_MEASURED]
                found = max((width(safe(str(name)[:_WIDEST_KEY])) for name in names), default=0)
            else:
                found = len(str(len(value) - 1))
            if len(self._key_cells) > 10_000:
                self._key_cells.clear()
            self._key_cells[parent] = found
        return min(found, _WIDEST_KEY, max(cells // 3, 4))

    # Moving and folding

    def cursor_moved(self) -> None:
        path = self.path
        if path != self._told:
            self._told = path
            self.post_message(ViewChanged())

    def go_to_match(self, place: Any) -> None:
        assert self._tree is not None
        index = self._tree.reveal(place) + self._first
        self.lines_changed()
        self.show_line(index)
        if index == self.cursor:
            self.show_cursor()
        else:
            self.cursor = index
        self.cursor_moved()

    def _refold(self, path: Path, level: int | None = None) -> None:
        """Draws the present rows, the cursor at a path or at its nearest existing parent."""
        assert self._tree is not None
        self.level = level
        self.set_reactive(JsonView.cursor, self._first + self._tree.index_of(path))
        self.lines_changed()
        self.show_cursor()
        self.cursor_moved()

    def folded(self, index: int) -> bool | None:
        return None if self._tree is None or index < self._first else self._row_at(index).folded

    def fold(self, folded: bool) -> None:
        path = self.path
        if self._tree is not None and self._tree.toggle(self.cursor - self._first):
            self._refold(path)

    def line_above(self) -> int | None:
        return None if self._tree is None else self._first + self._tree.parent_of(self.cursor - self._first)

    def line_inside(self) -> int | None:
        return self.cursor + 1

    def action_fold_toggle_all(self) -> None:
        row = self.current
        if self._tree is not None and row is not None and row.folded is not None:
            if row.folded:
                self._tree.unfold_below(self.cursor - self._first)
            else:
                self._tree.fold(self.cursor - self._first)
            self._refold(row.path)

    def action_fold_level(self, by: int) -> None:
        """One level more, or with -1 one less, than was last folded to: at first two, or one."""
        if self._tree is None:
            return
        before = len(self._tree)
        last = self.level
        self.fold_level(max(last + by, 1) if last is not None else 2 if by > 0 else 1)
        if last is not None and by > 0 and len(self._tree) == before:
            self.level = last  # there was nothing deeper

    def action_choose(self) -> None:
        self.action_fold_toggle()

    # Finding

    def matches(self, text: str, *, backwards: bool) -> Iterator[Any]:
        return iter(()) if self._tree is None else self._tree.search(text, after=self.path, backwards=backwards)

    def match_here(self, text: str) -> Any:
        row = self.current
        return row.path if self._tree is not None and row is not None and self._tree.matches(row, text) else None
