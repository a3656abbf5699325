"""Rows of a path with its value, or with its old and new value: a call before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from tui.model.changes import Changes, Entry
from tui.text import cut, pad, safe, width, wrap
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["ChangesView"]

MOST_LINES = 6
"""Lines that one value may take."""
MOST_TEXT = 4000
"""The most characters read of a value: its lines could show no more."""
ARROW = "  ->  "


class ChangesView(LaidLines):
    """Draws `Changes` or the `Entry` rows of arguments. Values of any length and kind are fine: they are cut."""

    _shown: Changes | Sequence[Entry] = ()

    def show(self, shown: Changes | Sequence[Entry]) -> None:
        """Shows the fields that differ and how many do not, or arguments as they will be sent."""
        self._shown = shown
        self.lay_anew()
        self.scroll_lines(0)

    def lay(self, cells: int) -> Iterator[Line]:
        shown = self._shown
        return self._lay_changes(shown, cells) if isinstance(shown, Changes) else self._lay_entries(shown, cells)

    def _lay_entries(self, entries: Sequence[Entry], cells: int) -> Iterator[Line]:
        if not entries:
            yield (Span("no arguments", "dim"),)
        column = _column([entry.path for entry in entries], cells)
        for entry in entries:
            yield from self._row(entry.path, _part(entry.value), column, cells)

    def _lay_changes(self, changes: Changes, cells: int) -> Iterator[Line]:
        column = _column([row.path for row in changes.rows], cells)
        after = max((width(_part(row.new)) for row in changes.rows), default=0)
        room = max(cells - column - 2 - len(ARROW) - after, cells // 4)
        before = min(max((width(_part(row.old)) for row in changes.rows if row.old is not None), default=0), room)
        for row in changes.rows:
            old, new = "?" if row.old is None else _part(row.old), _part(row.new)
            aligned = pad(old, before)
            if column + 2 + width(aligned) + len(ARROW) + width(new) <= cells:
                yield (
                    Span(pad(_name(row.path, column), column + 2), "key"),
                    Span(aligned, "dim"),
                    Span(ARROW, "dim"),
                    Span(new, "strong"),
                )
            else:
                yield from self._row(row.path, old, column, cells, style="dim")
                yield from self._row("", f"->  {new}", column, cells, style="strong")
        if any(row.old is None for row in changes.rows):
            yield (Span("? is not among the values the server returns", "dim"),)
        for path, count in changes.left_out:
            text = f"{count} more in it {'are' if count != 1 else 'is'} not given: kept or reset to the default"
            yield from self._row(path, text, max(column, min(width(safe(path)), cells // 3)), cells, style="dim")
        if changes.same or not changes.rows:
            yield (Span(_already(changes), "dim" if changes.rows else "warning"),)

    def _row(self, path: str, value: str, column: int, cells: int, *, style: str = "") -> Iterator[Line]:
        indent = column + 2 if column else 0
        parts = list(islice(wrap(value, cells - indent), MOST_LINES + 1))
        if len(parts) > MOST_LINES:
            last = cut(parts[MOST_LINES - 1], cells - indent - 1, ellipsis="")
            parts = [*parts[: MOST_LINES - 1], last + self.glyphs.ellipsis]
        for place, part in enumerate(parts):
            yield Span(pad(_name(path, column) if place == 0 else "", indent), "key"), Span(part, style)


def _column(paths: Sequence[str], cells: int) -> int:
    return min(max((width(safe(path[:200])) for path in paths), default=0), cells // 3)


def _name(path: str, column: int) -> str:
    return cut(safe(path[:200]), column)


def _part(value: str) -> str:
    return safe(value[:MOST_TEXT])


def _already(changes: Changes) -> str:
    fields = f"{changes.same} field" + ("" if changes.same == 1 else "s")
    return f"{fields} already so" if changes.rows else f"nothing changes: {fields} already so"
