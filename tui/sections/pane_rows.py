"""How many rows the result has: as the user made it, remembered for each size of screen."""

from __future__ import annotations

from textual.screen import Screen

from tui.memory.state import AppMemory
from tui.widgets.result_pane import ResultPane

__all__ = ["give_rows", "rows_of", "take_rows"]

SIZE_CLASSES = ("-narrow", "-normal", "-wide")
LEAST = 4
"""Rows that the call and the result both keep."""


def rows_of(result: ResultPane) -> int:
    """The rows that the result has, also where a key has just changed them and they are not laid out yet."""
    given = result.styles.height
    return int(given.value) if given is not None and given.is_cells else result.outer_size.height


def give_rows(memory: AppMemory, result: ResultPane, rows: int, total: int) -> None:
    """Gives the result so many rows of the ``total`` it shares with the call, and remembers it."""
    rows = max(LEAST, min(rows, total - LEAST))
    result.styles.height = rows
    memory.set_rows("result", _size_class(result.screen), rows)


def take_rows(memory: AppMemory, result: ResultPane, total: int) -> None:
    """Gives the result the rows it was left with on screens of this size, as far as there are any."""
    rows = memory.rows_of("result", _size_class(result.screen))
    if rows is None:
        result.styles.clear_rule("height")
    elif total > 2 * LEAST:
        result.styles.height = max(LEAST, min(rows, total - LEAST))


def _size_class(screen: Screen[object]) -> str:
    return next((name for name in SIZE_CLASSES if screen.has_class(name)), "")
