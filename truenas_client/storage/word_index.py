"""The words that a shell completes, beside the cached catalogue: methods, with the texts that their arguments may be.

Completing runs a whole process at each key, so this file is read without any library: a line for each method with its
name, its summary and its choices. The first line is the server's version. A file is found by the words with which the
user named the server and himself, else the newest one serves.

Invariants: loading this module loads nothing but ``os`` and ``zlib``; an unreadable file counts as missing.
"""

from __future__ import annotations

import os
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..methods.catalogue import Catalogue

__all__ = ["Row", "read_words", "words_of", "write_words"]

Row = tuple[str, str, list[list[str]]]
"""A method: name, summary, and for each argument the texts that it may be."""

_ENDING = ".words"
_LONGEST = 60
"""Characters of a summary."""
_MOST = 40
"""Choices of an argument."""


def write_words(folder: Path, given: Iterable[str], version: str, catalogue: Catalogue) -> None:
    """Write the words of a catalogue. ``given`` are the words that name server and user. Raises OSError."""
    from .private_files import write_private_bytes

    lines = [
        version,
        *(
            "\t".join([name, summary, "|".join(map(" ".join, choices))])
            for name, summary, choices in words_of(catalogue)
        ),
    ]
    text = "".join(f"{' '.join(line.splitlines())}\n" for line in lines)
    write_private_bytes(folder / _name(given), text.encode("utf-8", "replace"))


def words_of(catalogue: Catalogue) -> list[Row]:
    """The rows of a catalogue."""
    from ..methods.argument_words import argument_words, is_word
    from ..values.lines import one_line

    return [
        (method.name, one_line(method.summary)[:_LONGEST], [words[:_MOST] for words in argument_words(method)])
        for method in catalogue
        if is_word(method.name)
    ]


def read_words(folder: str, given: Iterable[str]) -> list[Row]:
    """The rows of the file for these words, else of the newest file; none where there is no file."""
    path = os.path.join(folder, _name(given))
    try:
        if not os.path.exists(path):
            files = [entry.path for entry in os.scandir(folder) if entry.name.endswith(_ENDING)]
            path = max(files, key=os.path.getmtime, default=path)
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")[1:]
    except (OSError, UnicodeDecodeError):
        return []
    rows = (line.split("\t") for line in lines)
    return [
        (row[0], row[1], [words.split() for words in row[2].split("|")] if row[2] else [])
        for row in rows
        if len(row) == 3
    ]


def _name(given: Iterable[str]) -> str:
    return f"{zlib.crc32(chr(0).join(given).encode('utf-8', 'replace')):08x}{_ENDING}"
