"""JSON text for an editor: the coloured pieces of a line, and what may not enter a text. Pure functions.

A JSON string cannot span lines, so every line is read alone, broken ones too: an open string ends with its line.
"""

import re
from typing import NamedTuple

from tui.text import UNSTEADY, marks

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<literal>\b(?:true|false|null)\b)"
    r"|(?P<punctuation>[{}\[\],:]+)"
)
_UNSAFE = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029{UNSTEADY}\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


class Token(NamedTuple):
    """A piece of a line, from `start` up to `end`, and the style it is drawn in."""

    start: int
    end: int
    style: str


def tokens_of(line: str) -> list[Token]:
    """The pieces of a line in order, with gaps: the text between them is plain."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(line):
        kind = match.lastgroup
        if kind == "colon":
            tokens += [Token(*match.span("string"), "key"), Token(*match.span("colon"), "dim")]
        else:
            tokens.append(Token(*match.span(), "dim" if kind == "punctuation" or kind is None else kind))
    return tokens


def harmless(text: str) -> str:
    """The text with Unix line ends, and what would disturb a terminal as JSON escapes; it means the same."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    text = _UNSAFE.sub(lambda match: _escaped(match.group()), text)
    return marks().sub(lambda match: match[1] + _escaped(match[2]), text)


def _escaped(characters: str) -> str:
    """As JSON escapes; characters beyond the first 65,536 take two each."""
    units = characters.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
