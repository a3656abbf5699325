"""A series of numbers as a plot of a few lines of text: braille dots, axes, and its least and greatest value.

Pure: it knows characters, not widgets. The newest value stands at the right edge; a missing value breaks the line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["DOTS_ACROSS", "Plot", "draw_plot", "reach"]

Values = Sequence[float | None]

DOTS_ACROSS = 2
_DOTS_DOWN = 4
# The bits of a braille cell, by column and row of its dots.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800
_WIDEST = 6
"""Dots from one value to the next where there are few of them."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The lines of a plot from its top: each has the text at the axis and the dots beside it."""

    labels: tuple[str, ...]
    lines: tuple[str, ...]
    least: float | None
    most: float | None
    cells: int
    """The cells at the right that the values take: few values are drawn wider, but not all over the plot."""


def reach(values: Values) -> tuple[float, float]:
    """The numbers at the lower and the upper end of the axis. Zero is in it unless that would flatten the line."""
    known = [value for value in values if value is not None]
    if not known:
        return 0.0, 1.0
    least, most = min(known), max(known)
    if least >= 0 and least < 0.7 * most:
        least = 0.0
    elif most <= 0 and most > 0.7 * least:
        most = 0.0
    if least == most:
        # A line that never moves stands in the middle, whatever it is.
        apart = abs(least) / 2 or 1.0
        return max(least - apart, -sys.float_info.max), min(most + apart, sys.float_info.max)
    return least, most


def draw_plot(values: Values, cells: int, rows: int, say: Callable[[float], str], *, ascii_only: bool = False) -> Plot:
    """Draws the newest values into ``cells`` by ``rows``; ``say`` words the numbers at the axis.

    A braille cell holds two values, one of ASCII a single one.
    """
    across, down = (1, 1) if ascii_only else (DOTS_ACROSS, _DOTS_DOWN)
    shown = list(values[-cells * across :]) if cells > 0 else []
    known = [value for value in shown if value is not None]
    low, high = reach(shown)
    heights = [
        None if value is None else _height(value, low, high, rows * down) for value in _wider(shown, cells * across)
    ]
    grid = [[0] * max(cells, 0) for _ in range(rows)]
    column, before = cells * across - len(heights), None
    for height in heights:
        for dot in _stroke(before, height):
            cell, row = column // across, rows - 1 - dot // down
            grid[row][cell] |= 1 if ascii_only else _BITS[column % across][down - 1 - dot % down]
        before = height
        column += 1
    lines = tuple("".join(_sign(bits, ascii_only=ascii_only) for bits in line) for line in grid)
    taken = -(-len(heights) // across)
    return Plot(_labels(rows, low, high, say), lines, min(known, default=None), max(known, default=None), taken)


def _wider(values: Values, dots: int) -> list[float | None]:
    """Values with straight lines between them, up to `_WIDEST` dots from one to the next."""
    apart = min(_WIDEST, dots // len(values)) if values else 1
    drawn = list(values[:1])
    for before, value in pairwise(values):
        for part in range(1, apart):
            drawn.append(None if before is None or value is None else before + (value / apart - before / apart) * part)
        drawn.append(value)
    return drawn


def _height(value: float, low: float, high: float, dots: int) -> int:
    # Halves, because the whole may be more than a float holds.
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return max(0, min(round(share * (dots - 1)), dots - 1))


def _stroke(before: int | None, height: int | None) -> range:
    """The dots of one value: its own, and those up or down to the value before it."""
    if height is None:
        return range(0)
    if before is None or before == height:
        return range(height, height + 1)
    return range(before + 1, height + 1) if before < height else range(height, before)


def _sign(bits: int, *, ascii_only: bool) -> str:
    if not bits:
        return " "
    return "*" if ascii_only else chr(_BRAILLE | bits)


def _labels(rows: int, low: float, high: float, say: Callable[[float], str]) -> tuple[str, ...]:
    """The numbers at the axis: its ends, and its middle where there is room for it."""
    labels = [""] * rows
    if rows:
        labels[-1] = say(low)
        labels[0] = say(high)
    if rows >= 5:
        labels[rows // 2] = say(high + (low - high) * (rows // 2) / (rows - 1))
    return tuple(labels)
