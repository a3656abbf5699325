"""Output: results and events on standard output, everything else on standard error.

Into a pipe or a file the bytes are those of the official command. On a terminal, control
characters are removed from the server's text, so that it cannot steer the terminal.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from truenas_client import ejson
from truenas_client.values.lines import cells, fit, harmless

if TYPE_CHECKING:
    from truenas_client.exc import ClientException

__all__ = [
    "cells",
    "fit",
    "harmless",
    "is_terminal",
    "print_line",
    "print_result",
    "report",
    "result_text",
    "say",
    "warn",
]


def is_terminal(stream: TextIO | None) -> bool:
    """Whether this stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def result_text(value: Any) -> str:
    """A result as the official command prints it: text, integers and booleans by ``str`` (True); the rest as JSON."""
    if isinstance(value, (int, str)):
        return str(value)
    return ejson.dumps(value)


def print_result(value: Any) -> None:
    """Print a result on standard output."""
    print_line(result_text(value))


def print_line(text: str) -> None:
    """Print one line on standard output and flush it. Raises OSError, such as `BrokenPipeError`."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed, so the result could not be written")
    _write(sys.stdout, text)


def say(text: str) -> None:
    """Print one line for the user on standard error."""
    _write(sys.stderr, text)


_READERS = ": other users of this machine may read "


def warn(text: str) -> None:
    """Print a warning of the core. The warning that others may read a file appears on a terminal only, once a file."""
    path, found, _ = text.partition(_READERS)
    if found:
        from truenas_client.storage import Known

        known = Known()
        if not is_terminal(sys.stderr) or known.warned_of_file(path):
            return
        known.remember_file(path)
    say(f"midclt: {text}")


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the command was started with this stream closed
        return
    line = (harmless(text) if is_terminal(stream) else text) + "\n"
    try:
        data = line.encode(stream.encoding or "utf-8", stream.errors or "strict")
    except UnicodeEncodeError:
        # The locale lacks a character, or the server's text has half of a surrogate pair: print it as an escape.
        encoding = stream.encoding or "ascii"
        data = line.encode(encoding, "backslashreplace")
        line = data.decode(encoding)
    below = getattr(stream, "buffer", None)
    if below is None or os.linesep != "\n":
        stream.write(line)
    else:
        stream.flush()
        _write_whole(below, data)
    stream.flush()


def _write_whole(below: BinaryIO, data: bytes) -> None:
    """Write all data. An unbuffered stream (``PYTHONUNBUFFERED``) may write only a part and return its length."""
    left = memoryview(data)
    while left:
        taken = below.write(left)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, "the output takes no more at the moment")
        left = left[taken:]


def report(error: ClientException) -> None:
    """Print an error of the server as the official command does: its text, its trace, its extra data.

    For validation errors (and a missing instance) the official command prints only the text.
    """
    from truenas_client.exc import ValidationErrors

    if error.error:
        say(error.error)
    if isinstance(error, ValidationErrors):
        return
    formatted = error.trace.get("formatted") if isinstance(error.trace, dict) else None
    if isinstance(formatted, str) and formatted:
        say(formatted)
    if error.extra:
        from pprint import pformat

        say(pformat(error.extra))
