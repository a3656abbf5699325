"""The terminal that the app was started on: whether it can be drawn on, and which characters it shows.

Asks the environment and the streams, never the terminal itself, and loads next to nothing: it is needed before the
first screen. Invariant: after `encode_for` nothing is written to the stream that its terminal cannot decode.
"""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from collections.abc import Mapping
from io import TextIOWrapper
from typing import TextIO

__all__ = ["charset", "encode_for", "is_utf8", "refusal"]

ERRORS = "truenas-tui.cells"
"""The name of the error handler that writes one question mark for each cell of a character."""


def refusal(environ: Mapping[str, str], stdin: TextIO | None, stdout: TextIO | None) -> str:
    """Why the app cannot run on these streams, "" when it can."""
    if environ.get("TEXTUAL_DRIVER"):  # another program draws
        return ""
    for stream, name in ((stdin, "input"), (stdout, "output")):
        if stream is None or stream.closed or not stream.isatty():
            return f"standard {name} is not a terminal; over ssh use ssh -t, and in scripts midclt"
    term = environ.get("TERM", "")
    if os.name == "posix" and term in ("", "dumb", "unknown"):
        said = f"TERM is {term}" if term else "TERM is not set"
        return f"{said}, so the terminal cannot show screens; set TERM to its kind, or use midclt"
    return ""


def charset(environ: Mapping[str, str], *, utf8_mode: bool = False) -> str:
    """The encoding of the terminal, in Python's name, as the locale in the environment says it.

    Follows POSIX: the first of LC_ALL, LC_CTYPE and LANG that is not empty counts; none, ``C`` and ``POSIX`` are
    ASCII, and so is what Python does not know. ``utf8_mode`` is ``sys.flags.utf8_mode``: started in the locale C,
    Python turns that mode on and writes ``LC_CTYPE=C.UTF-8`` into its own environment (PEP 538), which says nothing
    of the terminal.
    """
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if utf8_mode and environ.get("PYTHONUTF8") != "1" and environ.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8"):
        names.remove("LC_CTYPE")
    locale = next((environ[name] for name in names if environ.get(name)), "C")
    head, dot, code = locale.partition("@")[0].partition(".")
    if not dot:
        # macOS writes LC_CTYPE=UTF-8. A locale without a code has its language's old one: ASCII is part of each.
        code = head if head.upper() in ("UTF-8", "UTF8") else "ascii"
    try:
        return codecs.lookup(code).name
    except LookupError:
        return "ascii"


def is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the terminal of this process shows UTF-8. Elsewhere than on POSIX it does."""
    return os.name != "posix" or charset(environ, utf8_mode=bool(sys.flags.utf8_mode)) == "utf-8"


def encode_for(stream: TextIO, encoding: str) -> None:
    """Makes a stream write in this encoding; a character that it lacks becomes one question mark a cell."""
    codecs.register_error(ERRORS, _question_marks)
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding=encoding, errors=ERRORS)


def _question_marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_cells, error.object[error.start : error.end])), error.end


def _cells(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    return "??" if unicodedata.east_asian_width(character) in "WF" else "?"
