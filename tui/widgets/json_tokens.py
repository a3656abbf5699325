"""JSON text for an editor: the coloured pieces of a line, and what may not enter a text. Pure functions.

A JSON string cannot span lines, so every line is read alone, broken ones too: an open string ends with its line.
"""

import re
from typing import NamedTuple

TOKEN_STYLES = ("key", "string", "number", "literal", "dim")
"""The style names tokens come with; punctuation is `dim`."""

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<literal>\b(?:true|false|null)\b)"
    r"|(?P<punctuation>[{}\[\],:]+)"
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class Token(NamedTuple):
    """A piece of a line, from `start` up to `end`, and the style it is drawn in."""

    start: int
    end: int
    style: str


def tokens_of(line: str) -> list[Token]:
    """The pieces of a line in order, without gaps to be filled: what lies between them is plain."""
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
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
