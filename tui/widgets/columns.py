"""The parts of a row of a list, and the widths of its columns. Values and pure functions; `Rows` draws them."""

from collections.abc import Sequence
from typing import NamedTuple

from tui.text import Align, safe, width
from tui.widgets.lines import Span
from tui.widgets.marks import marked

GAP = 2
"""Cells between two columns."""

_MEASURED = 300  # rows that decide the width of a column; measuring all of a large table would be felt
_WIDEST = 40  # cells a column takes when nothing else is said
_WIDEST_FLEXIBLE = 200
_STEP = 8  # cells by which a flexible column grows: not with each letter of a text that changes


class Cell(NamedTuple):
    """A text in a column or a badge: any text of a server, a style name, and the characters to mark as matching."""

    text: str
    style: str = ""
    marks: tuple[int, ...] = ()


class Column(NamedTuple):
    """How a column is drawn. `cells` fixes its width; else it is as wide as its content, within `least` and `most`;
    `flex` ones share what the others leave, as far as their content needs it. Below `hide_below` cells of widget it is
    not shown."""

    title: str = ""
    cells: int | None = None
    least: int = 3
    most: int = _WIDEST
    flex: bool = False
    align: Align = "left"
    style: str = ""
    hide_below: int = 0


class Row(NamedTuple):
    """A line of the list. `fold` is None for a leaf, else whether it is folded; badges stand at the right edge. The
    `sign` of a leaf, one cell of our own, stands where others have the mark of folding."""

    key: str
    cells: tuple[Cell | str, ...]
    depth: int = 0
    fold: bool | None = None
    badges: tuple[Cell | str, ...] = ()
    style: str = ""
    sign: str = ""


def natural_widths(columns: Sequence[Column], rows: Sequence[Row], *, header: bool) -> list[int]:
    """The cells each column would take for its content: of its fixed width, its title and its first 300 cells."""
    widths: list[int] = []
    for at, column in enumerate(columns):
        if column.cells is not None:
            widths.append(column.cells)
            continue
        title = width(safe(column.title)) if header else 0
        texts = (
            width(safe(text_of(row.cells[at])[:200])) + (2 * row.depth if at == 0 else 0)
            for row in rows[:_MEASURED]
            if at < len(row.cells)
        )
        wanted = max(title, *texts, 0)
        most = _WIDEST_FLEXIBLE if column.flex else column.most
        widths.append(max(column.least, min(-(-wanted // _STEP) * _STEP if column.flex else wanted, most)))
    return widths


def share_width(columns: Sequence[Column], natural: Sequence[int], cells: int, indent: int) -> list[int]:
    """The width of each column in a widget of `cells` cells; 0 hides one. Flexible ones share what the others leave."""
    widths = [0 if cells < column.hide_below else taken for column, taken in zip(columns, natural, strict=True)]
    shown = [at for at, taken in enumerate(widths) if taken]
    room = cells - indent - GAP * max(len(shown) - 1, 0)
    flexible = [at for at in shown if columns[at].flex]
    rest = room - sum(widths[at] for at in shown if at not in flexible)
    for place, at in enumerate(flexible):
        share = rest // len(flexible) + (place < rest % len(flexible))
        widths[at] = max(columns[at].least, min(share, natural[at]))
    over = sum(widths[at] for at in shown) - room
    while over > 0:
        # Too much for the widget: the widest give way first, none below its least.
        widest = max((at for at in shown if widths[at] > columns[at].least), key=widths.__getitem__, default=None)
        if widest is None:
            break
        widths[widest] -= 1
        over -= 1
    return widths


def text_of(cell: Cell | str) -> str:
    """The text of a cell, as it came."""
    return cell.text if isinstance(cell, Cell) else cell


def cell_spans(text: str, cell: Cell | str, style: str) -> list[Span]:
    """The text of a cell in its own style, else the given one, with its marked characters apart."""
    if not isinstance(cell, Cell):
        return [Span(text, style)]
    return marked([Span(text, cell.style or style)], [(at, at + 1) for at in sorted(cell.marks)])
