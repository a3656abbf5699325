"""Series of numbers as one line of text, and the numbers of an event that can be drawn so. Pure functions."""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import isfinite

from truenas_client.values.human import human_size
from tui.text import UNICODE, Glyphs

Path = tuple[str | int, ...]

_MOST_PATHS = 400
_DEEPEST = 6
_SIZES = ("bytes", "size", "memory", "free", "used", "total", "arc_")


def sparkline(values: Sequence[float | None], cells: int, glyphs: Glyphs = UNICODE, *, whole: bool = False) -> str:
    """The newest `cells` values as blocks, oldest left; a missing value is a space.

    The lowest block is zero (or the least value, when that is negative), the highest the greatest value. That one does
    not fill its line, so that lines above each other stay apart, unless they are to be one plot (`whole`).
    """
    signs = glyphs.spark if whole else glyphs.spark[:-1]
    shown = list(values[-cells:]) if cells > 0 else []
    known = [value for value in shown if value is not None]
    if not known:
        return " " * len(shown)
    low, high = min(0.0, *known), max(known)
    steps = len(signs) - 1
    reach = high / 2 - low / 2  # halves, because the whole may be more than a float holds
    return "".join(
        " " if value is None else signs[round((value / 2 - low / 2) / reach * steps) if reach > 0 else 0]
        for value in shown
    )


def number_at(value: object, path: Path) -> float | None:
    """The number at a path, None when there is none (any more), or one that cannot be drawn (NaN, Infinity)."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number longer than a float can be
        return None
    return number if isfinite(number) else None


def numeric_paths(value: object) -> list[Path]:
    """The paths of a value that lead to numbers, in its own order; at most 400, six steps deep. Ids are left out."""
    return list(islice(_numbers(value, ()), _MOST_PATHS))


def _numbers(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield path
    elif len(path) < _DEEPEST:
        if isinstance(value, dict):
            for key, item in value.items():
                if key not in ("id", "errno", "pid"):
                    yield from _numbers(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value[:32]):
                yield from _numbers(item, (*path, index))


def describe_number(value: float | None, path: Path) -> str:
    """A number in words short enough to stand beside a plot, as bytes where its name says so."""
    if value is None:
        return ""
    name = ".".join(str(part) for part in path).lower()
    if any(word in name for word in _SIZES) and "percent" not in name and abs(value) >= 1024:
        return human_size(value)
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
