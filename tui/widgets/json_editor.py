"""`JsonEditor`: a text area that colours JSON itself, line by line as lines are drawn, and underlines problems.

No tree-sitter: a JSON string cannot span lines, so every line is read alone, and only lines on screen are read at all.
The owner validates and sets `problems`, and `gaps` that wait to be filled in, as offsets into `text`; until the next
validation they move with the text.
Characters that would disturb the terminal enter as JSON escapes, so the text means the same and is harmless to draw.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from operator import itemgetter
from time import monotonic

from rich.segment import Segment
from rich.style import Style
from rich.text import Span, Text
from textual import events
from textual.cache import LRUCache
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Location, Selection, TextAreaTheme

from tui import actions
from tui.model.jsontext import TextProblem
from tui.widgets.json_tokens import Token, harmless, tokens_of
from tui.widgets.lines import named

DEBOUNCE = 0.12  # seconds without a key before `Edited`
PASTE_GAP = 0.02  # a newline closer than this to the key before was not typed: a terminal pastes without saying so
_LONG = 2000  # characters; of a longer line only what is on screen is coloured
_starts = itemgetter(0)


class _EditorTheme(TextAreaTheme):
    """The colours of the style sheet; the cursor's line lends its background only, so the tokens keep their colours."""

    def apply_css(self, text_area: TextArea) -> None:
        super().apply_css(text_area)
        if self.cursor_line_style is not None:
            self.cursor_line_style = Style(bgcolor=self.cursor_line_style.bgcolor)


class JsonEditor(TextArea):
    """Edits JSON text. Listen to `Edited`, set `problems` and `gaps`; `goto`, `select` and `next_problem` go there."""

    # Keys of the text area itself, bound again so that the table of actions knows them.
    BINDINGS = actions.bind(
        ("edit.problem", "next_problem"),
        *(("edit.undo", "undo"), ("edit.redo", "redo"), ("edit.cut", "cut"), ("edit.select_all", "select_all")),
    )

    class Edited(Message):
        """The text changed and then rested for 120 ms."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(harmless(text), tab_behavior="focus", show_line_numbers=True, id=id)
        self.register_theme(_EditorTheme("explorer"))
        self.theme = "explorer"
        self.indent_width = 2
        self.cursor_blink = False
        self._problems: list[TextProblem] = []
        self._gaps: list[TextProblem] = []
        self._underlined: dict[int, list[tuple[int, int]]] = {}
        self._tokens: LRUCache[str, list[Token]] = LRUCache(512)
        self._long: tuple[str, list[Token]] = ("", [])
        self._strips: LRUCache[object, Strip] = LRUCache(512)
        self._token_styles: dict[str, Style] = {}
        self._resting: Timer | None = None
        self._changed = 0.0
        self._last_key = 0.0

    # Problems

    @property
    def problems(self) -> list[TextProblem]:
        """The underlined problems, in the order of the text."""
        return self._problems

    @problems.setter
    def problems(self, problems: Sequence[TextProblem]) -> None:
        self._problems = sorted(problems, key=lambda problem: (problem.start, problem.end))
        self._place_problems()

    @property
    def gaps(self) -> list[TextProblem]:
        """The places that wait to be filled in, in the order of the text; the text in them is to be typed over."""
        return self._gaps

    @gaps.setter
    def gaps(self, gaps: Sequence[TextProblem]) -> None:
        self._gaps = sorted(gaps, key=lambda gap: gap.start)

    @property
    def problem(self) -> TextProblem | None:
        """The problem to speak of: the one at the caret, else the first."""
        caret = self.caret
        for problem in self._problems:
            if problem.start <= caret <= max(problem.end, problem.start + 1):
                return problem
        return self._problems[0] if self._problems else None

    def describe(self, problem: TextProblem) -> str:
        """A problem in one line for the border: `3:27 no field limt`; line and column count from 1."""
        row, column = self.location_of(problem.start)
        return f"{row + 1}:{column + 1} {problem.message}"

    def action_next_problem(self) -> None:
        """Goes to the next problem after the caret, or to the next place to fill in, which is selected."""
        caret = self.caret
        starts = {gap.start for gap in self._gaps}
        stops = self._gaps + [problem for problem in self._problems if problem.start not in starts]
        stops.sort(key=lambda stop: stop.start)
        if not stops:
            return
        stop = next((stop for stop in stops if stop.start > caret), stops[0])
        if stop in self._gaps:
            self.select_inside(stop.start, stop.end)
        else:
            self.goto(stop.start)

    def _place_problems(self) -> None:
        self._underlined.clear()
        lines = self.document.lines
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        for problem in self._problems:
            row = min(bisect_right(starts, max(problem.start, 0)) - 1, len(lines) - 1)
            column = problem.start - starts[row]
            while True:
                length = len(lines[row])
                end = min(max(problem.end - starts[row], column + 1), length)
                # An empty span is shown by the character at it, at the end of a line by the one before.
                column = max(min(column, length - 1), 0)
                self._underlined.setdefault(row, []).append((column, end))
                row, column = row + 1, 0
                if row == len(lines) or problem.end <= starts[row]:
                    break
        self._line_cache.clear()
        self.refresh()

    # Offsets

    @property
    def caret(self) -> int:
        """Where the caret is, as an offset into `text`."""
        return self.offset_of(self.cursor_location)

    def offset_of(self, location: Location) -> int:
        row, column = location
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    def location_of(self, offset: int) -> Location:
        """Row and column of an offset, both from 0; an offset outside is moved inside."""
        left = max(offset, 0)
        lines = self.document.lines
        for row, line in enumerate(lines):
            if left <= len(line):
                return row, left
            left -= len(line) + 1
        return len(lines) - 1, len(lines[-1])

    def goto(self, offset: int) -> None:
        """Moves the caret there and scrolls it into view."""
        self.move_cursor(self.location_of(offset), center=True)

    def select(self, start: int, end: int) -> None:
        """Selects a span, so that typing replaces it."""
        self.selection = Selection(self.location_of(start), self.location_of(end))

    def select_gap(self) -> bool:
        """Selects the first place to fill in, so that typing replaces it; False when there is none."""
        if self._gaps:
            self.select_inside(self._gaps[0].start, self._gaps[0].end)
        return bool(self._gaps)

    def select_inside(self, start: int, end: int) -> None:
        """Selects a value so that typing replaces it; of a string, the text between its quotes."""
        if end - start >= 2 and self.text[start : start + 1] == '"':
            start, end = start + 1, end - 1
        self.select(start, end)
        self.scroll_cursor_visible()

    # Drawing

    def render_line(self, y: int) -> Strip:
        # A key press makes the base class draw all lines on screen anew, at a cost that grows with their spans. Those
        # without caret, selection or matching bracket are drawn here, and only when they differ from before.
        return self._still_line(y) or super().render_line(y)

    def _still_line(self, y: int) -> Strip | None:
        """The strip of a line on screen that holds nothing which moves, None when the base class has to draw it."""
        wrapped = self.wrapped_document
        place = self.scroll_offset.y + y
        start, end = self.selection
        if start != end or not self.soft_wrap or place >= wrapped.height:
            return None
        row, column = wrapped.offset_to_location(Offset(0, place))
        line = self.document.get_line(row)
        breaks = wrapped.get_offsets(row)
        after = bisect_right(breaks, column)
        last = breaks[after] if after < len(breaks) else len(line)
        bracket = self.matching_bracket_location
        if any(at is not None and at[0] == row and column <= at[1] <= last for at in (end, bracket)):
            return None
        piece = line[column:last]
        if "\t" in piece or (self.suggestion and row == end[0]):
            return None
        styles = self._styles_between(row, line, column, last)
        is_caret_row = row == end[0]
        key = (piece, tuple(styles), row if column == 0 else -1, is_caret_row, self.gutter_width, self.size.width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(piece, styles, row if column == 0 else -1, is_caret_row)
        return strip

    def _styles_between(self, row: int, line: str, first: int, last: int) -> list[tuple[int, int, str]]:
        """The styled pieces of a part of a line, as offsets into that part; problems come last."""
        tokens = self._tokens_of(line)
        begin = max(bisect_right(tokens, first, key=_starts) - 1, 0)
        stop = bisect_left(tokens, last, key=_starts)
        pieces: list[tuple[int, int, str]] = [*tokens[begin:stop]]
        pieces += [(start, end, "problem") for start, end in self._underlined.get(row, ())]
        return [(max(s, first) - first, min(e, last) - first, name) for s, e, name in pieces if s < last and e > first]

    def _draw(self, piece: str, styles: list[tuple[int, int, str]], row: int, is_caret_row: bool) -> Strip:
        """A part of a line with its number, as wide as the widget; looks as the base class would draw it."""
        base = self.rich_style
        if is_caret_row and self.highlight_cursor_line:
            base += Style(bgcolor=self.get_component_rich_style("text-area--cursor-line").bgcolor)
        text = Text(piece, end="", no_wrap=True)
        text.spans = [Span(start, end, self._token_style(name)) for start, end, name in styles]
        cells = self.scrollable_content_region.width - self.gutter_width
        strip = Strip(text.render(self.app.console), text.cell_len).apply_style(base).adjust_cell_length(cells, base)
        if not self.show_line_numbers:
            return strip
        gutter = "text-area--cursor-gutter" if is_caret_row and self.highlight_cursor_line else "text-area--gutter"
        number = str(row + self.line_number_start) if row >= 0 else ""
        label = Segment(f"{number:>{self.gutter_width - 2}}  ", self.get_component_rich_style(gutter))
        return Strip.join([Strip([label], self.gutter_width), strip])

    def get_line(self, line_index: int) -> Text:
        line = self.document.get_line(line_index)
        first, last = (0, len(line)) if len(line) <= _LONG else self._around_caret(line_index)
        spans = [
            Span(start + first, end + first, self._token_style(name))
            for start, end, name in self._styles_between(line_index, line, first, last)
        ]
        return Text(line, end="", no_wrap=True, spans=spans)

    def _tokens_of(self, line: str) -> list[Token]:
        if len(line) > _LONG:
            # One is kept, by identity: such a line is asked for once for each part of it on screen.
            if self._long[0] is not line:
                self._long = (line, tokens_of(line))
            return self._long[1]
        tokens = self._tokens.get(line)
        if tokens is None:
            tokens = self._tokens[line] = tokens_of(line)
        return tokens

    def _around_caret(self, line_index: int) -> tuple[int, int]:
        """The characters of a long line that the base class may have to draw: about a screen around the caret."""
        reach = self.size.width * max(self.size.height, 1)
        row, column = self.cursor_location
        return (max(column - reach, 0), column + reach) if row == line_index else (0, 2 * reach)

    def _token_style(self, name: str) -> Style:
        style = self._token_styles.get(name)
        if style is None:
            found = named(name, self.background_colors[1])
            style = self._token_styles[name] = Style(color=found.color, bold=found.bold, underline=found.underline)
        return style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._token_styles.clear()
        self._strips.clear()

    # Editing

    def load_text(self, text: str) -> None:
        """Replaces everything, with no way back by undo; the problems and gaps of the old text are gone."""
        super().load_text(harmless(text))
        self.problems = []
        self.gaps = []

    def edit(self, edit: Edit) -> EditResult:
        text = harmless(edit.text)
        if text != edit.text:
            edit = replace(edit, text=text)
        if not (self._problems or self._gaps):
            return super().edit(edit)
        start, end = self.offset_of(edit.top), self.offset_of(edit.bottom)
        result = super().edit(edit)
        if self._problems:
            self.problems = [_moved(problem, start, end, len(text)) for problem in self._problems]
        self._gaps = [_moved(gap, start, end, len(text)) for gap in self._gaps]
        return result

    def on_text_area_changed(self) -> None:
        self._changed = monotonic()
        if self._resting is None:
            self._resting = self.set_timer(DEBOUNCE, self._rested)

    def _rested(self) -> None:
        # One timer that looks again, in place of one timer a key.
        left = DEBOUNCE - (monotonic() - self._changed)
        if left > 0.001:
            self._resting = self.set_timer(left, self._rested)
            return
        self._resting = None
        self.rested()

    def rested(self) -> None:
        """Called when the text has rested after a change."""
        self.post_message(self.Edited())

    async def _on_key(self, event: events.Key) -> None:
        pasted = event.time - self._last_key < PASTE_GAP
        self._last_key = event.time
        if event.key == "ctrl+j" and pasted:
            event.stop()
            event.prevent_default()
            self.insert_newline(indent=False)
        elif event.key == "enter" and not pasted:
            event.stop()
            event.prevent_default()
            if not self.leave_string():
                self.insert_newline()

    def leave_string(self) -> bool:
        """Puts the caret behind the string that it is in: a line break there would be an error. False outside one."""
        (row, start), (last, end) = sorted(self.selection)
        line = self.document.get_line(row)
        for token in self._tokens_of(line) if row == last else ():
            closed = token.end - token.start > 1 and line[token.end - 1] == '"'
            if token.style in ("string", "key") and closed and token.start < start and end < token.end:
                self.move_cursor((row, token.end))
                return True
        return False

    def insert_newline(self, *, indent: bool = True) -> None:
        """A line break in place of the selection, as a key would: indented like its line, deeper after a bracket."""
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        leading = before[: len(before) - len(before.lstrip(" "))] if indent else ""
        if indent and before.rstrip().endswith(("{", "[")):
            leading += " " * self.indent_width
        self.replace("\n" + leading, start, end, maintain_selection_offset=False)


def _moved(problem: TextProblem, start: int, end: int, inserted: int) -> TextProblem:
    """A problem after the characters from `start` to `end` were replaced by `inserted` new ones."""
    shift = inserted - (end - start)
    if problem.end <= start:
        return problem
    if problem.start >= end:
        return TextProblem(problem.start + shift, problem.end + shift, problem.message)
    return TextProblem(min(problem.start, start), max(problem.end + shift, start + 1), problem.message)
