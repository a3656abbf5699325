"""A list of objects as lines of text with aligned columns, for a terminal, a pipe or a clipboard.

Invariants: each row is one line, harmless to a terminal, without spaces at its end; with a ``width`` only columns that
were not asked for are left out, and cells are cut as far as eight cells before a line becomes too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from truenas_client.dotted import split

from .cells import cell_of, property_value
from .columns import MISSING, at_path, every_column, own_columns, present
from .human import hint
from .kinds import preview
from .lines import cells, cut, one_line, padded

__all__ = ["TextTable", "cell_text", "key_of"]

GAP = "  "
_WIDEST = 40
"""The most cells of a column that decides whether another one fits beside it."""
_NARROWEST = 8
_INNER = frozenset({"parsed", "rawvalue", "value"})


class TextTable:
    """The table. ``columns`` are paths, None for those that the table chooses: of ``best`` (the most telling first),
    else by itself. ``human`` writes sizes and dates for people; ``width`` is that of the terminal, None where a line
    may be of any length."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str] | None = None,
        *,
        best: Sequence[str] | None = None,
        width: int | None = None,
        human: bool = False,
    ) -> None:
        asked = columns is not None
        names = tuple(columns) if columns is not None else present(rows, best or ()) or own_columns(rows)
        self._texts: list[list[str]] = []
        self._right: list[bool] = []
        self._widths: list[int] = []
        shown: list[str] = []
        taken = -len(GAP)
        for name in names:
            texts, number = _column(rows, name, human)
            natural = max(map(cells, texts), default=0)
            wide = max(natural, cells(name))
            taken += len(GAP) + min(wide, _WIDEST)
            if not asked and shown and width is not None and taken > width:
                taken -= len(GAP) + min(wide, _WIDEST)
                continue
            shown.append(name)
            self._texts.append(texts)
            self._right.append(number)
            self._widths.append(wide)
        self.columns: tuple[str, ...] = tuple(shown)
        """The columns that are shown."""
        self._unasked: Sequence[Mapping[str, Any]] = () if asked else rows
        if width is not None:
            self._shrink(width)

    def _shrink(self, width: int) -> None:
        excess = sum(self._widths) + len(GAP) * (len(self._widths) - 1) - width
        while excess > 0 and max(self._widths) > _NARROWEST:
            # Cut the widest down to the next one, then both alike.
            first, *others = sorted(self._widths, reverse=True)
            step = min(excess, max(first - max(_NARROWEST, *others, 0), 1))
            self._widths[self._widths.index(first)] -= step
            excess -= step
        for at, size in enumerate(self._widths):
            self._texts[at] = [text if cells(text) <= size else cut(text, size) for text in self._texts[at]]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The columns that were not asked for and are not shown: for want of room, or because they say little."""
        return tuple(name for name in every_column(self._unasked) if name not in self.columns)

    @property
    def header(self) -> str:
        """The names of the columns, above their cells."""
        names = [cut(name, size) for name, size in zip(self.columns, self._widths, strict=True)]
        return self._line(names)

    def rows(self) -> Iterator[str]:
        """The rows, each as one line."""
        if all(map(str.isascii, ("".join(column) for column in self._texts))):
            # Nearly every table: each character is one cell, so the columns can be padded at once.
            pads = [
                [text.rjust(size) for text in texts] if right else [text.ljust(size) for text in texts]
                for texts, size, right in zip(self._texts, self._widths, self._right, strict=True)
            ]
            for row in zip(*pads, strict=True):
                yield GAP.join(row).rstrip()
            return
        for row in zip(*self._texts, strict=True):
            yield self._line(row)

    def markdown(self) -> Iterator[str]:
        """Header, rule and rows as lines of Markdown, padded so that they read well as they are."""
        columns = [
            [_unmarked(one_line(name)), *map(_unmarked, texts)]
            for name, texts in zip(self.columns, self._texts, strict=True)
        ]
        # A long text does not push what is behind it away from the other rows.
        sizes = [max(3, *(min(cells(text), _WIDEST) for text in texts)) for texts in columns]
        for number, row in enumerate(zip(*columns, strict=True)):
            parts = zip(row, sizes, self._right, strict=True)
            yield f"| {' | '.join(padded(text, size, right=right) for text, size, right in parts)} |"
            if number == 0:
                ends = zip(sizes, self._right, strict=True)
                yield f"| {' | '.join('-' * (size - 1) + (':' if right else '-') for size, right in ends)} |"

    def _line(self, texts: Sequence[str]) -> str:
        parts = zip(texts, self._widths, self._right, strict=True)
        return GAP.join(padded(text, size, right=right) for text, size, right in parts).rstrip()


_MARKS = re.compile(r"[\\`*|<\[\]~&]|(?<!\w)_|_(?!\w)")


def _unmarked(line: str) -> str:
    """A line without any meaning in Markdown."""
    return _MARKS.sub(lambda found: f"\\{found[0]}", line)


def _column(rows: Sequence[Mapping[str, Any]], column: str, human: bool) -> tuple[list[str], bool]:
    """The texts of a column, and whether it holds numbers (which stand at the right)."""
    path, key = split(column), key_of(column)
    only = path[0] if len(path) == 1 else None
    # Numbers under most keys are neither sizes nor times. Sorting that out once saves most of the time.
    plain = not (human and (hint(key, 1 << 40) or hint(key, 3600)))
    fixed = {value: cell_text(key, value, human=human) for value in (None, True, False)}
    texts: list[str] = []
    kinds: set[type] = set()
    for row in rows:
        value = row.get(only, MISSING) if only is not None else at_path(row, path)
        kind = type(value)
        kinds.add(kind)
        if kind is str:
            texts.append(value if value and value.isprintable() else one_line(value))
        elif value is None or kind is bool:
            texts.append(fixed[value])
        elif plain and kind is int and -_LARGE < value < _LARGE:
            texts.append(str(value))
        else:
            texts.append(cell_text(key, value, human=human))
    number = bool(kinds & {int, float}) and kinds <= _NUMBERS
    return texts, number or (kinds <= {dict, type(None)} and _is_number_property(rows, only))


def key_of(column: str) -> str:
    """The name that tells what the values of a column mean: of ``used.parsed`` it is ``used``."""
    path = split(column)
    return path[-2] if len(path) > 1 and path[-1] in _INNER else path[-1]


_LARGE = 1 << 62
_NUMBERS = frozenset({int, float, type(None), type(MISSING)})


def _is_number_property(rows: Sequence[Mapping[str, Any]], name: str | None) -> bool:
    """Whether a column holds ZFS properties with numbers, such as ``used``."""
    found = next((row.get(name) for row in rows if name is not None and row.get(name) is not None), None)
    return isinstance(found, dict) and property_value(found) is not found and _is_number(found.get("parsed"))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def cell_text(key: str, value: Any, *, human: bool) -> str:
    """A value in one line. For programs (not ``human``) numbers are exact, and times are in ISO 8601."""
    if value is MISSING:
        return ""
    if value is None:
        return "-" if human else ""
    if isinstance(value, str):
        return one_line(value)
    if human:
        cell = cell_of(key, value)
        return "-" if cell.kind == "null" else one_line(cell.text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, dict) and property_value(value) is not value:
        exact = value.get("parsed")
        return cell_text(key, value["value"] if exact is None else exact, human=False)
    if isinstance(value, (list, tuple)):
        return one_line(cell_of("", value).text)
    return one_line(preview(value))
