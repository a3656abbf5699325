"""Text for the screen: what the server sent made harmless, measured and cut by cells.

Every text of a server passes `safe` (or `safe_lines`) before it is drawn. What comes out holds no control character,
no escape, no line break, no bidirectional override and nothing whose width terminals disagree about, so a column that
is cut and padded here stays aligned there. `plain` makes it a `Content`, which is never read as markup.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from textual.content import Content

Align = Literal["left", "right"]

ELLIPSIS = "…"

# Left in place these would move the cursor, reorder the line, or be drawn in other widths than measured. Variation
# selectors, joiners and skin tones go because terminals disagree on the width of what they combine.
_DROPPED = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164"
_DROPPED += "\ufe00-\ufe0f\ufeff\uffa0"
_DROPPED += "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff\U0001d173-\U0001d17a"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
UNSTEADY = f"{_DROPPED}{_BIDI}\U0001f1e6-\U0001f1ff"
"""For a character class: everything that terminals hide, reorder, or measure each in their own way."""
_LINE_BREAK = "\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]"
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"


# Compiled when the first text needs them: that takes longer than the rest of this module, and most texts are ASCII.


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(
        f"({_LINE_BREAK})|(\t)|([\x00-\x1f\x7f])|([{_DROPPED}])|([\U0001f1e6-\U0001f1ff])"
        f"|[\x80-\x9f{_BIDI}\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]"
    )


@cache
def marks() -> re.Pattern[str]:
    """Three accents on one letter, and those beyond: more are a trick, not a language."""
    return re.compile(f"({_MARK}{{3}})({_MARK}+)")


class Glyphs(NamedTuple):
    """The signs that are not letters, in the two sets the screens draw with."""

    online: str
    offline: str
    cursor: str
    folded: str
    open: str
    star: str
    bar_full: str
    bar_half: str
    bar_empty: str
    spark: str
    ellipsis: str
    rule: str
    ascending: str
    descending: str


UNICODE = Glyphs("●", "○", "›", "▸", "▾", "★", "━", "╸", "─", "▁▂▃▄▅▆▇█", ELLIPSIS, "─", "▴", "▾")
ASCII = Glyphs("*", "o", ">", "+", "-", "*", "=", ">", "-", "_.,:-=+#", "~", "-", "^", "v")


def safe(text: object) -> str:
    """One line that is harmless to draw: `str(text)` with line breaks as ``↵``, controls as visible signs."""
    source = text if isinstance(text, str) else str(text)
    if source.isascii() and source.isprintable():
        return source
    cleaned = _unsafe().sub(_replacement, source)
    return cleaned if cleaned.isascii() else marks().sub(r"\1", cleaned)


def _replacement(match: re.Match[str]) -> str:
    found = match.group()
    kind = match.lastindex
    if kind == 1:
        return "↵"
    if kind == 2:
        return " "
    if kind == 3:
        return "␡" if found == "\x7f" else chr(0x2400 + ord(found))
    if kind == 4:
        return ""
    if kind == 5:  # flags are pairs of these letters, drawn one or two cells wide
        return chr(ord("A") + ord(found) - 0x1F1E6)
    return "\N{REPLACEMENT CHARACTER}"


def safe_lines(text: object) -> list[str]:
    """The lines of a text of several lines, each made safe; at least one."""
    return [safe(line) for line in re.split(_LINE_BREAK, text if isinstance(text, str) else str(text))]


def plain(text: object, style: str = "") -> Content:
    """A text of the server as `Content`: one safe line, brackets and all, in one style."""
    return Content.styled(safe(text), style) if style else Content(safe(text))


def width(text: str) -> int:
    """Terminal cells that a safe text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int, *, ellipsis: str = ELLIPSIS) -> str:
    """A safe text cut to at most `cells` cells, the last one an ellipsis when the text was cut."""
    if cells <= 0:
        return ""
    if len(text) <= cells and (text.isascii() or cell_len(text) <= cells):
        return text
    head = text[: cells - 1]
    if head.isascii():
        # Only marks without a width can still make the rest fit; then nothing is cut.
        return text if not text.isascii() and _fits(text, cells) else head + ellipsis
    if _fits(text, cells):
        return text
    taken = 0
    for index, character in enumerate(text):
        taken += get_character_cell_size(character)
        if taken > cells - 1:
            return text[:index] + ellipsis
    return text


def _fits(text: str, cells: int) -> bool:
    taken = 0
    for character in text:
        taken += get_character_cell_size(character)
        if taken > cells:
            return False
    return True


def pad(text: str, cells: int, align: Align = "left") -> str:
    """A safe text filled with spaces to `cells` cells; a longer one is left alone."""
    missing = cells - width(text)
    if missing <= 0:
        return text
    return " " * missing + text if align == "right" else text + " " * missing


def fit(text: str, cells: int, align: Align = "left", *, ellipsis: str = ELLIPSIS) -> str:
    """A safe text in exactly `cells` cells: cut, or filled with spaces."""
    return pad(cut(text, cells, ellipsis=ellipsis), cells, align)


_SPACES = re.compile(" (?!%)")


def wrap(text: str, cells: int) -> Iterator[str]:
    """The lines of a safe text wrapped at spaces to `cells` cells; words that are longer are broken.

    A percent sign stays with its number.
    """
    cells = max(cells, 1)
    line, used = "", 0
    for word in _SPACES.split(text):
        taken = width(word)
        if line and used + 1 + taken <= cells:
            line, used = f"{line} {word}", used + 1 + taken
            continue
        if line:
            yield line
        if taken > cells:
            *pieces, word = _pieces(word, cells)
            yield from pieces
            taken = width(word)
        line, used = word, taken
    yield line


def _pieces(word: str, cells: int) -> Iterator[str]:
    """A word without spaces in pieces of at most `cells` cells, of one character at least."""
    if word.isascii():
        yield from (word[at : at + cells] for at in range(0, len(word), cells))
        return
    begin = taken = 0
    for index, character in enumerate(word):
        size = get_character_cell_size(character)
        if taken + size > cells and index > begin:
            yield word[begin:index]
            begin, taken = index, 0
        taken += size
    yield word[begin:]


def bar(fraction: float | None, cells: int, glyphs: Glyphs = UNICODE) -> str:
    """A progress bar of `cells` cells; `None` is a bar of which nothing is known yet."""
    share = 0.0 if fraction is None else min(max(fraction, 0.0), 1.0)
    halves = int(share * cells * 2)
    full, half = divmod(halves, 2)
    return glyphs.bar_full * full + glyphs.bar_half * half + glyphs.bar_empty * (cells - full - half)
