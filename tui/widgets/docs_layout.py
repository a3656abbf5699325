"""A page of documentation as lines: words wrapped to the width there is, names in columns, links marked.

Pure: a page, which of its items are folded, and a number of cells go in, lines come out. What is folded is not looked
at. A line leads to one place at most (a second name of a method in a text begins a line of its own), so that enter on
a line is never a question.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from tui import actions
from tui.model.outline import Item, Key, Link, MethodLink, Page, Word
from tui.text import Glyphs, safe, safe_lines, width, wrap
from tui.widgets.lines import Span

__all__ = ["Line", "lay_out", "plain"]

NARROWEST = 24  # cells; text is not wrapped into less, but cut
MOST_LINES = 20_000
_WIDEST_NAME = 26  # cells that the names of one object are padded to at most
_LONGEST = 20_000  # the most characters laid out of one text
_LONGEST_NAME = 200
_STEP = 2  # cells of one level
_METHOD = re.compile(r"(?<![\w.])[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+(?![\w])")


class Line(NamedTuple):
    """One line of ``item`` (None: a gap); ``first``: whether it is the item's first line."""

    spans: list[Span]
    item: Item | None = None
    link: Link | None = None
    first: bool = False


class _Room(NamedTuple):
    """Where an item is drawn, and with which signs."""

    cells: int
    glyphs: Glyphs
    folded: Callable[[Item], bool]
    known: Callable[[str], bool]


def lay_out(
    page: Page, cells: int, *, glyphs: Glyphs, folded: Callable[[Item], bool], known: Callable[[str], bool]
) -> list[Line]:
    """The lines of a page in `cells` cells, as far as words allow; `known` tells the names of methods from others."""
    room = _Room(max(cells, NARROWEST), glyphs, folded, known)
    return list(islice(_page(page.items, room), MOST_LINES))


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(span.text for span in line.spans)


def _page(items: Sequence[Item], room: _Room) -> Iterator[Line]:
    before: Item | None = None
    names = 0
    for place, item in enumerate(items):
        if before is not None and not _together(before, item):
            yield Line([])
        if item.kind == "value" and (before is None or before.kind != "value"):
            # The values up to the next heading have their names in one column.
            names = _name_cells(list(takewhile(lambda item: item.kind == "value", items[place:])), room)
        before = item
        yield from _item(item, 0, names, room)


def _together(above: Item, below: Item) -> bool:
    """Whether no gap parts two items: values from each other and from their heading, an example from its caption."""
    if below.kind in ("value", "branch"):
        return above.kind in ("value", "branch", "heading")
    if above.kind == "heading":
        return below.kind != "heading"
    return below.kind == "literal" and above.link is not None and above.link is below.link


def _item(item: Item, depth: int, names: int, room: _Room) -> Iterator[Line]:
    match item.kind:
        case "value" | "branch":
            yield from _value(item, depth, names, room)
        case "literal":
            for text in safe_lines(item.text[:_LONGEST]):
                if text.strip():
                    yield Line([Span("  " + text)], item, item.link)
        case _:
            yield from _paragraph(item, depth, room)


def _paragraph(item: Item, depth: int, room: _Room) -> Iterator[Line]:
    """A title, a heading or a text: words, and the text below them."""
    indent = min(_STEP * depth, room.cells // 2)
    if item.kind == "text" and item.text:
        yield from _text(item, indent, room, first=True)
    if item.words:
        for place, spans in enumerate(_flow(item.words, room.cells - indent, hanging=2)):
            link = item.link
            yield Line([Span(" " * indent), *spans] if indent else spans, item, link, place == 0 and not item.text)
    if item.kind != "text" and item.text:
        yield from _text(item, indent, room, first=False)


def _value(item: Item, depth: int, names: int, room: _Room) -> Iterator[Line]:
    """An argument or a member: its name in a column, its facts beside it, its members below."""
    # Far inside there is no room left to go further right; the order of the lines still tells.
    indent = min(_STEP * depth, room.cells // 2)
    folded = item.folds and room.folded(item)
    sign = "  " if not item.folds else f"{room.glyphs.folded if folded else room.glyphs.open} "
    lead = [Span(" " * indent), Span(sign, "dim")]
    begin = indent + 2
    if item.lead:
        lead.append(Span(f"{item.lead}  ", "dim"))
        begin += len(item.lead) + 2
    name = safe(item.name[:_LONGEST_NAME])
    column = bool(names) and not item.lead
    alone = column and width(name) > names
    first = True
    if column:
        begin += names + 2
    if alone:  # a name too long for the column has lines of its own
        for piece in wrap(name, max(room.cells - indent - 2, 1)):
            yield Line([*lead, Span(piece, "key")], item, item.link, first)
            lead, first = [Span(" " * (indent + 2))], False
        lead = [Span(" " * begin)]
    elif column:
        lead += [Span(name, "key"), Span(" " * (names - width(name)) + "  ")]
    words = [*item.words]
    if folded and item.summary:
        words.append(Word(item.summary, "dim"))
    if not folded:
        words += item.hidden
    left = max(room.cells - begin, NARROWEST // 2)
    for spans in _flow(words, left):
        yield Line([*lead, *spans], item, item.link, first)
        lead, first = [Span(" " * begin)], False
    if item.text:
        yield from _text(item, begin, room, first=False, style="dim")
    if folded:
        return
    inner = _name_cells(item.children, room)
    for child in item.children:
        yield from _item(child, depth + 1, inner, room)


def _name_cells(items: Sequence[Item], room: _Room) -> int:
    """Cells that the names of these items are padded to; 0 when none has one."""
    names = max((width(safe(item.name[:_LONGEST_NAME])) for item in items if item.kind == "value"), default=0)
    return min(names, _WIDEST_NAME, room.cells // 3)


def _text(item: Item, indent: int, room: _Room, *, first: bool, style: str = "") -> Iterator[Line]:
    """The paragraphs of an item, names of methods as links."""
    cells = max(room.cells - indent, NARROWEST // 2)
    gap = False
    for paragraph in safe_lines(item.text[:_LONGEST]):
        stripped = paragraph.lstrip()
        if not stripped:
            gap = not first
            continue
        if gap:
            yield Line([])
            gap = False
        inner = min(len(paragraph) - len(stripped), cells // 2)
        for text in wrap(stripped, cells - inner):
            for spans, link in _linked(text, style, room.known):
                start = [Span(" " * (indent + inner))] if indent + inner else []
                yield Line([*start, *spans], item, link or item.link, first)
                first = False


def _linked(text: str, style: str, known: Callable[[str], bool]) -> Iterator[tuple[list[Span], Link | None]]:
    """A line of text in as many lines as it names methods, each with the place it leads to."""
    spans: list[Span] = []
    link: Link | None = None
    done = 0
    for match in _METHOD.finditer(text):
        name = match[0]
        if not known(name):
            continue
        if link is not None:
            if head := text[done : match.start()].rstrip():
                spans.append(Span(head, style))
            yield spans, link
            spans = []
        elif match.start() > done:
            spans.append(Span(text[done : match.start()], style))
        spans.append(Span(name, "link"))
        link, done = MethodLink(name), match.end()
    if rest := text[done:]:
        spans.append(Span(rest, style))
    yield spans, link


def _flow(words: Sequence[Word], cells: int, *, hanging: int = 0) -> Iterator[list[Span]]:
    """Words one after the other, two spaces between them, in as many lines as needed; a long one is wrapped itself."""
    line: list[Span] = []
    used = 0
    for word in words:
        text = safe(actions.worded(word.text[:_LONGEST], typing=False))
        if not text.strip():
            continue
        if used and used + 2 + width(text) > cells:
            yield line
            line, used = [Span(" " * hanging)] if hanging else [], hanging
        elif used:
            line.append(Span("  "))
            used += 2
        *whole, rest = wrap(text, max(cells - used, 8))
        for piece in whole:
            yield [*line, Span(piece, word.style)]
            line, used = [Span(" " * hanging)] if hanging else [], hanging
        line.append(Span(rest, word.style))
        used += width(rest)
    yield line


def line_of(lines: Sequence[Line], key: Key) -> int | None:
    """The number of an item's first line, None when it is folded away."""
    return next((index for index, line in enumerate(lines) if line.item is not None and line.item.key == key), None)
