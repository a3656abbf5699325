"""`DiffView`: what differs between two results, a line for each change, and the second result folded below.

In the tree the changed places and those that hold them are marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from truenas_client.values.diff import Change, change_text
from tui import actions
from tui.model.differences import SIGNS, Differences
from tui.model.finding import holding
from tui.model.flatten import Path, Tree
from tui.text import cut, safe
from tui.widgets.finding_view import found_spans
from tui.widgets.json_view import JsonView
from tui.widgets.lines import Span

__all__ = ["DiffView"]

_STYLES = {"added": "ok", "removed": "error", "changed": "warning", "moved": "dim"}
_MOST_TEXT = 4000


class DiffView(JsonView):
    """Shows `set_differences`. The line after the changes unfolds the tree."""

    BINDINGS = actions.bind("find.next", "find.previous")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._differences: Differences | None = None
        self._unfolded = False

    def set_differences(self, differences: Differences | None) -> None:
        """Shows these, from the first one on."""
        self._differences = differences
        self._unfolded = False
        self._take(None if differences is None else Tree(differences.value))
        self.scroll_lines(0)
        self.cursor = 1

    def clear(self) -> None:
        self._differences = None
        super().clear()

    # Lines: the summary, the changes, the line that folds the tree, the tree.

    @property
    def _first(self) -> int:
        return 0 if self._differences is None else len(self._differences.changes) + 2

    def line_count(self) -> int:
        return super().line_count() if self._unfolded else self._first

    @property
    def change(self) -> tuple[Change, Path] | None:
        """The change under the cursor, and its place."""
        known, at = self._differences, self.cursor - 1
        return (known.changes[at], known.places[at]) if known is not None and 0 <= at < len(known.changes) else None

    @property
    def path(self) -> Path:
        if (change := self.change) is not None:
            return change[1]
        return super().path

    @property
    def value(self) -> Any:
        if (change := self.change) is not None:
            return change[0].old if change[0].kind == "removed" else change[0].new
        if self._differences is not None and self.cursor < self._first:
            return self._differences.value
        return super().value

    @property
    def facts(self) -> list[str]:
        known = self._differences
        if known is None or not known.changes or self.sought:
            return super().facts
        return ["{find.next} next change"]

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        known = self._differences
        assert known is not None
        sign = Span(f"{self.glyphs.cursor} " if index == self.cursor else "  ", "accent")
        if index == 0:
            return [sign, Span(safe(known.summary), "strong"), Span(f"  {safe(known.title)}", "dim")]
        if index <= len(known.changes):
            change = known.changes[index - 1]
            text = safe(change_text(change, max(cells, 20))[:_MOST_TEXT])
            text = cut(text, cells - 2, ellipsis=self.glyphs.ellipsis)
            name = Span(f"  {safe(known.names[index - 1])}" if known.names[index - 1] else "", "dim")
            return [sign, Span(text[:1], _STYLES[change.kind]), *found_spans(text[1:], self.sought, ""), name]
        if index < self._first:
            marker = self.glyphs.open if self._unfolded else self.glyphs.folded
            return [sign, Span(f"{marker} ", "dim"), Span("all of it, changed places marked", "dim")]
        spans = list(super().line_spans(index, cells))
        mark = known.marks.get(self._row_at(index).path)
        if mark is not None and index != self.cursor:
            spans[0] = Span(f"{mark} ", _STYLES[next(kind for kind, one in SIGNS.items() if one == mark)])
        return spans

    # Moving

    def folded(self, index: int) -> bool | None:
        return super().folded(index) if index != self._first - 1 else not self._unfolded

    def fold(self, folded: bool) -> None:
        if self.cursor >= self._first:
            super().fold(folded)
            return
        self._unfolded = not folded
        self.lines_changed()
        self.show_below(5)

    def action_fold_toggle(self) -> None:
        if (change := self.change) is None:
            super().action_fold_toggle()
        else:
            self.go_to_match(change[1])

    def action_unfold(self) -> None:
        if self.cursor >= self._first:
            super().action_unfold()
        elif not self._unfolded:
            self.action_fold_toggle()

    def action_fold(self) -> None:
        if self.cursor > self._first:
            super().action_fold()
        else:
            self._unfolded = False
            self.lines_changed()

    def step(self, by: int) -> None:
        """The next match; without a search, the next change: in the list, or in the tree where the cursor is there."""
        known = self._differences
        if self.sought or known is None or not known.changes:
            super().step(by)
            return
        if self.cursor < self._first:
            self.cursor = (self.cursor - 1 + by) % len(known.changes) + 1
            return
        there = [change for change, place in enumerate(known.places) if known.changes[change].kind != "removed"]
        if not there:
            return
        here = next((at for at, change in enumerate(there) if known.places[change] == self.path), -1 if by > 0 else 0)
        self.go_to_match(known.places[there[(here + by) % len(there)]])

    @property
    def seeks(self) -> bool:
        return bool(self.sought) or (self._differences is not None and bool(self._differences.changes))

    # Finding: in the changes, then in the tree.

    def matches(self, text: str, *, backwards: bool) -> Iterator[Any]:
        changes = self._matching_changes(text, backwards)
        if self._tree is None or self.cursor < self._first:
            yield from changes
        if self._tree is not None:
            after = self.path if self.cursor >= self._first else None
            yield from self._tree.search(text, after=after, backwards=backwards)
        yield from changes

    def _matching_changes(self, text: str, backwards: bool) -> Iterator[int | None]:
        known = self._differences
        if known is None:
            return
        holds = holding(text)
        total = len(known.changes)
        start = self.cursor - 1 if self.cursor <= total else (total if backwards else -1)
        places = range(start - 1, -1, -1) if backwards else range(start + 1, total)
        for number, at in enumerate(places, 1):
            if holds(change_text(known.changes[at], _MOST_TEXT)):
                yield at
            if number % 200 == 0:
                yield None

    def match_here(self, text: str) -> Any:
        return None

    def go_to_match(self, place: Any) -> None:
        if isinstance(place, int):
            self.show_line(place + 1)
            self.cursor = place + 1
            return
        self._unfolded = True
        super().go_to_match(place)
