"""The common ground of the widgets that draw their lines themselves: `Rows`, `JsonView`, `Docs`, `EventPanel`.

A line is a list of spans, each a safe text and the name of a style; a widget defines line N and nothing else.
This module measures, pads, colours, caches, scrolls, follows the cursor and lets the mouse select. Only visible lines
are ever asked for. The strip of a line is always exactly as wide as the widget, and style names become colours only
here, by `themes.STYLES`, so a change of theme reaches everything.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style as VisualStyle

from tui import actions
from tui.text import ASCII, UNICODE, Glyphs, cut, safe, width
from tui.themes import STYLES


class Span(NamedTuple):
    """A piece of a line: safe text, and names of `STYLES` with a space between them; no name is plain text."""

    text: str
    style: str = ""


class LineView(ScrollView, can_focus=True):
    """Draws `line_count()` lines by asking `line_spans(index, cells)` for those on screen; scrolls by keys."""

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
    }
    """

    COMPONENT_CLASSES = {"line--cursor"}

    header_height = 0
    """Lines at the top that stay while the others scroll: see `header_spans`."""

    BINDINGS = actions.bind("nav.up", "nav.down", "nav.page_up", "nav.page_down", "nav.top", "nav.end")

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_by_name: dict[str, Style] = {}
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)
        self._drawn_width = -1

    # What a widget defines

    def line_count(self) -> int:
        """How many lines there are, the fixed ones at the top not counted."""
        raise NotImplementedError

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        """The spans of a line; more than `cells` cells are cut off with an ellipsis."""
        raise NotImplementedError

    def header_spans(self, cells: int) -> Sequence[Span] | None:
        """The line that stays at the top while the others scroll, or None."""
        return None

    def is_cursor_line(self, index: int) -> bool:
        return False

    # Drawing

    @property
    def glyphs(self) -> Glyphs:
        """The sign set in use: plain ASCII when the app has the class `-ascii`."""
        return ASCII if self.app.has_class("-ascii") else UNICODE

    @property
    def page_height(self) -> int:
        """Lines that fit on screen below the header; at least one."""
        return max(self.scrollable_content_region.height - self.header_height, 1)

    def redraw(self) -> None:
        """The lines look different now, their number is the same: draw them again."""
        self._strips.clear()
        self.refresh()

    def lines_changed(self) -> None:
        """All lines may have changed: forget what was drawn, take the new number of lines, draw again."""
        size = Size(self.scrollable_content_region.width, self.line_count() + self.header_height)
        if size != self.virtual_size:
            self._take_size(size)
        self.redraw()

    def _take_size(self, size: Size) -> None:
        # Assigning lays out the whole screen. Only a scroll bar that comes or goes, and a height by the lines, need it.
        bar = self.show_vertical_scrollbar
        fixed = self.is_attached and self.container_size and not self.styles.auto_dimensions
        if not fixed or size.width != self.virtual_size.width or bar != (size.height > self.container_size.height):
            self.virtual_size = size
            return
        self.set_reactive(LineView.virtual_size, size)
        if bar:
            self.vertical_scrollbar.window_virtual_size = size.height
        self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        # A scroll bar that appears again does not know the scrolling since.
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def line_changed(self, index: int) -> None:
        """One line changed: only that one is drawn again."""
        self._strips.discard((index, False))
        self._strips.discard((index, True))
        self.refresh_line(index + self.header_height)

    def style_named(self, names: str) -> Style:
        """The Rich style of a span's style names on this widget's background, without that background."""
        try:
            return self._styles_by_name[names]
        except KeyError:
            pass
        style = self.rich_style
        if names:
            style += named(names, self.background_colors[1])
        self._styles_by_name[names] = style
        return style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_name.clear()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        cells = self.scrollable_content_region.width
        if cells != self._drawn_width:
            self._drawn_width = cells
            self._strips.clear()
        offset = self.scroll_offset.y
        if y < self.header_height:
            header = self.header_spans(cells)
            return self._strip(header or (), cells, self.style_named("strong dim"))
        index = y - self.header_height + offset
        if not 0 <= index < self.line_count():
            return Strip.blank(cells, self.rich_style)
        is_cursor = self.is_cursor_line(index)
        strip = self._strips.get((index, is_cursor))
        if strip is None:
            row_style = self.get_component_rich_style("line--cursor") if is_cursor else None
            strip = self._strip(self.line_spans(index, cells), cells, row_style).apply_offsets(0, index)
            self._strips[(index, is_cursor)] = strip
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(index)) is not None:
            return self._selected(strip, span)
        return strip

    def _strip(self, spans: Sequence[Span], cells: int, row_style: Style | None) -> Strip:
        """The spans as a strip of exactly `cells` cells, over the colours of a special row if it is one."""
        parts = self.within(spans, cells)
        return Strip([Segment(text, self._over(row_style, name)) for text, name in parts], cells)

    def within(self, spans: Sequence[Span], cells: int) -> Iterator[Span]:
        """The spans in exactly `cells` cells: cut off with an ellipsis, or filled up."""
        for span in spans:
            taken = width(span.text)
            if taken > cells:
                text = cut(span.text, cells, ellipsis=self.glyphs.ellipsis)
                if text:
                    yield Span(text, span.style)
                cells -= width(text)
                break
            if span.text:
                yield span
            cells -= taken
        if cells > 0:
            yield Span(" " * cells)

    def fitted(self, text: str, cells: int) -> str:
        """Any text of a server as a safe one, cut to `cells` cells."""
        # Four characters a cell leave room for marks without width; the rest is not read.
        return cut(safe(text[: 4 * cells + 16]), cells, ellipsis=self.glyphs.ellipsis)

    def _over(self, row_style: Style | None, name: str) -> Style:
        style = self.style_named(name)
        if row_style is None:
            return style
        if row_style.reverse or not name:  # a reversed row has no room for further colours
            return row_style + Style(underline=True) if "cell" in name else row_style
        return style + Style(bgcolor=row_style.bgcolor, bold=row_style.bold)

    def _selected(self, strip: Strip, span: tuple[int, int]) -> Strip:
        """A strip with the mouse's selection drawn over it; the span counts characters."""
        start, end = span
        text = strip.text
        first = width(text[:start])
        last = strip.cell_length if end == -1 else width(text[:end])
        before, middle, after = strip.crop(0, first), strip.crop(first, last), strip.crop(last)
        style = self.screen.get_component_rich_style("screen--selection")
        chosen = Strip([Segment(t, (s or Style.null()) + style) for t, s, _ in middle], middle.cell_length)
        return Strip.join([before, chosen, after])

    # Selecting with the mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, asked for only on the lines it covers."""
        count = self.line_count()
        if not count:
            return None
        cells = self.scrollable_content_region.width
        first = 0 if selection.start is None else selection.start.y
        last = count - 1 if selection.end is None else min(selection.end.y, count - 1)
        lines: list[str] = []
        for index in range(max(first, 0), last + 1):
            span = selection.get_span(index)
            if span is None:
                continue
            text = "".join(span.text for span in self.line_spans(index, cells))
            start, end = span
            lines.append((text[start:] if end == -1 else text[start:end]).rstrip())
        return "\n".join(lines), "\n"

    # Moving

    def scroll_lines(self, top: float) -> None:
        """Makes a line the topmost one, as far as there are lines, at once: animation is felt as delay over SSH."""
        if self.is_attached:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def show_line(self, index: int) -> None:
        """Brings a line on screen, into the middle unless it is there already."""
        top = round(self.scroll_target_y)
        if not top <= index < top + self.page_height:
            self.scroll_lines(index - self.page_height // 2)

    def action_line_up(self) -> None:
        self.scroll_lines(self.scroll_offset.y - 1)

    def action_line_down(self) -> None:
        self.scroll_lines(self.scroll_offset.y + 1)

    def action_page_up(self) -> None:
        self.scroll_lines(self.scroll_offset.y - max(self.page_height - 1, 1))

    def action_page_down(self) -> None:
        self.scroll_lines(self.scroll_offset.y + max(self.page_height - 1, 1))

    def action_line_top(self) -> None:
        self.scroll_lines(0)

    def action_line_end(self) -> None:
        self.scroll_lines(self.virtual_size.height)


def named(names: str, background: Color) -> Style:
    """The Rich style of style names on a background; names that `STYLES` does not have are passed over."""
    style = VisualStyle(background=background)
    for name in names.split():
        if name in STYLES:
            style += VisualStyle.parse(STYLES[name])
    return style.rich_style
