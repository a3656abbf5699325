"""SASLprep (RFC 4013): the one form of a user name that both sides of a login compare.

Pure. The tables are those of the standard library.
"""

from __future__ import annotations

import stringprep
import unicodedata

__all__ = ["saslprep"]

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(text: str) -> str:
    """Prepare a text as a query, so code points that were unassigned in Unicode 3.2 pass. Raises ValueError.

    Every kind of space becomes a plain space, invisible characters are removed, and the rest
    is normalised (NFKC). Control, private and surrogate code points are refused. So is text
    of mixed direction, unless it begins and ends from right to left (RFC 3454, section 6).
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    for char in prepared:
        if any(prohibited(char) for prohibited in _PROHIBITED):
            raise ValueError(f"U+{ord(char):04X} can't be part of a name")
    leftward = [stringprep.in_table_d1(char) for char in prepared]
    if any(leftward):
        if any(map(stringprep.in_table_d2, prepared)):
            raise ValueError("a name is written from right to left or from left to right, not both")
        if not (leftward[0] and leftward[-1]):
            raise ValueError("a name from right to left begins and ends with a letter of its script")
    return prepared
