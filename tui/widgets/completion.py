"""`CompletionList`: what may be written at the caret, in a small list beside it that never covers the caret's line.

The list has no focus and no keys: the editor keeps both and moves the cursor in it. It lies over everything else on
the screen, below the line that is typed in or, where there is more room, above it.
"""

from collections.abc import Callable, Sequence

from textual import events
from textual.geometry import Offset

from tui.model.completion import Candidate
from tui.text import cut, safe, width
from tui.widgets.cursor_view import CursorView
from tui.widgets.lines import Span

__all__ = ["CompletionList"]

MOST_LINES = 8
_LONGEST_WORD = 36
_WIDEST = 64
_FRAME = 2  # cells that a border takes at both sides together
_MARK = 2  # cells of the cursor's sign, which the words stand behind


class CompletionList(CursorView, can_focus=False):
    """A list of `Candidate`s. `show_at` opens it, `hide` closes it; a click calls `accept`."""

    DEFAULT_CSS = """
    CompletionList {
        overlay: screen;
        constrain: none none;
        display: none;
        border: round;
        padding: 0;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.accept: Callable[[], None] = lambda: None
        """Takes the one under the cursor."""
        self.candidates: list[Candidate] = []
        """The listed candidates, best first."""
        self._words = 0

    @property
    def current(self) -> Candidate | None:
        """The one under the cursor, None when nothing is listed."""
        return self.candidates[self.cursor] if self.candidates and self.display else None

    def show_at(self, place: Offset, candidates: Sequence[Candidate], *, cursor: int = 0) -> None:
        """List these; ``place`` is where on the screen the word they replace begins."""
        self.candidates = list(candidates)
        shown = [min(width(safe(one.word[:200])), _LONGEST_WORD) for one in self.candidates]
        self._words = max(shown, default=0)
        details = max((width(safe(one.detail[:200])) + 2 for one in self.candidates if one.detail), default=0)
        screen = self.screen.size
        # The line typed in stays free: the list goes below it, or above where there is more room.
        below, above = screen.height - place.y - 1 - _FRAME, place.y - _FRAME
        lines = min(len(self.candidates), MOST_LINES)
        downwards = below >= lines or below >= above
        lines = max(min(lines, below if downwards else above), 1)
        scrollbar = 1 if lines < len(self.candidates) else 0
        wide = min(_MARK + self._words + details + 1 + scrollbar, _WIDEST, screen.width - _FRAME)
        x = max(min(place.x - _MARK - 1, screen.width - wide - _FRAME), 0)
        y = place.y + 1 if downwards else place.y - lines - _FRAME
        self.styles.width, self.styles.height = wide + _FRAME, lines + _FRAME
        self.absolute_offset = Offset(x, y)
        self.display = True
        self.set_reactive(CompletionList.cursor, max(0, min(cursor, len(self.candidates) - 1)))
        self.lines_changed()
        # Its height is not there yet before the next layout.
        self.call_after_refresh(self.show_cursor)
        self.refresh(layout=True)

    def hide(self) -> None:
        """Close it."""
        self.display = False
        self.candidates = []

    def step(self, lines: int) -> None:
        """Moves the cursor, from the last line to the first and back."""
        if self.candidates:
            self.cursor = (self.cursor + lines) % len(self.candidates)

    def line_count(self) -> int:
        return len(self.candidates)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        candidate = self.candidates[index]
        word = cut(safe(candidate.word[: 4 * self._words + 16]), self._words, ellipsis=self.glyphs.ellipsis)
        style = "key" if candidate.required else ""
        mark = f"{self.glyphs.cursor} " if index == self.cursor else "  "
        spans = [Span(mark, "accent"), Span(word, style)]
        if candidate.detail:
            spans += [Span(" " * (self._words - width(word) + 2)), Span(safe(candidate.detail[:400]), "dim")]
        return spans

    def on_click(self, event: events.Click) -> None:
        index = self.line_at(event)
        if index is not None:
            event.stop()
            self.cursor = index
            self.accept()
