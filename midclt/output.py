"""Output: results and events on standard output, everything else on standard error.

Into a pipe or a file the bytes are those of the official command. On a terminal, control
characters are removed from the server's text, so that it cannot steer the terminal.
"""

from __future__ import annotations

import errno
import os
import sys
from _thread import get_ident  # what `threading` and `contextvars` have for this takes a while to load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, BinaryIO, TextIO

    from truenas_client.exc import ClientException

__all__ = [
    "is_terminal",
    "print_harmless",
    "print_line",
    "print_result",
    "report",
    "result_text",
    "say",
    "server_name",
    "shell_words",
    "speak_of",
    "tell",
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
    from truenas_client import ejson

    return ejson.dumps(value)


def print_result(value: Any) -> None:
    """Print a result on standard output."""
    print_line(result_text(value))


def print_line(text: str) -> None:
    """Print one line on standard output and flush it. Raises OSError, such as `BrokenPipeError`."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed, so the result could not be written")
    _write(sys.stdout, text)


def print_harmless(text: str) -> None:
    """Print text that can hold no server's control characters, but our own colours, on standard output."""
    _write(sys.stdout, text, clean=True)


_spoken_of: dict[int, str] = {}


def speak_of(server: str) -> None:
    """Of several servers (``--on``) this thread speaks of this one: its name stands before each line of `say`.

    "" ends that.
    """
    if server:
        _spoken_of[get_ident()] = server
    else:
        _spoken_of.pop(get_ident(), None)


def server_name() -> str:
    """The server that this thread speaks of; "" for none."""
    return _spoken_of.get(get_ident(), "")


def say(text: str) -> None:
    """Print one line for the user on standard error."""
    if name := server_name():
        text = "\n".join(f"{name}: {line}" for line in text.removeprefix("midclt: ").splitlines())
    _write(sys.stderr, text)


_READERS = ": other users of this machine may read "
_IN_THE_OPEN = ": the password goes over the network unencrypted"


def warn(text: str) -> None:
    """Print a warning of the core. Those that a user knows after the first time appear once a file or address.

    The one that others may read a file appears on a terminal only.
    """
    path, readable, _ = text.partition(_READERS)
    address, exposed, _ = text.partition(_IN_THE_OPEN)
    if readable or exposed:
        from truenas_client.endpoint import parse
        from truenas_client.storage.known_servers import Known

        known = Known()
        if readable:
            if not is_terminal(sys.stderr) or known.warned_of_file(path):
                return
            known.remember_file(path)
        else:
            endpoint = parse(address)
            if known.warned(endpoint):
                return
            known.remember_warning(endpoint)
    say(f"midclt: {text}")


def shell_words(text: str) -> str:
    """A text of the core with the command's flag where it names a Python argument and the flag."""
    import re

    return re.sub(r"\b[a-z_]+=[\w.]+ \((--[a-z-]+)\)", r"\1", text)


MOST_LINES = 3
"""Lines of an error on a terminal, where ``-v`` shows all of it."""


def tell(texts: Sequence[str], *, verbose: bool = False) -> None:
    """Print an error: what went wrong, then advice. On a terminal three lines at most, unless ``verbose``."""
    lines = [line for text in texts for line in text.splitlines()]
    if len(lines) > MOST_LINES and is_terminal(sys.stderr) and not verbose:
        # What to do comes last.
        kept = [*lines[: MOST_LINES - 1], lines[-1]]
        kept[MOST_LINES - 2] += f" ... ({len(lines) - MOST_LINES} more lines: midclt -v)"
        lines = kept
    for line in lines:
        say(line)


def _write(stream: TextIO | None, text: str, *, clean: bool = False) -> None:
    if stream is None:  # the command was started with this stream closed
        return
    line = text + "\n"
    if not clean and is_terminal(stream):
        from truenas_client.values.lines import harmless

        line = harmless(line)
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


def report(error: ClientException, advice: Sequence[str] = (), *, verbose: bool = False) -> None:
    """Print an error of the server and advice.

    Into a pipe or a file, and with ``verbose``, as the official command does: its text, its trace, its extra data. For
    validation errors (and a missing instance) it prints only the text. A person at a terminal reads the text alone.
    """
    from truenas_client.exc import ValidationErrors

    texts = [shell_words(error.error)] if error.error else []
    short = is_terminal(sys.stderr) and not verbose
    if not short and not isinstance(error, ValidationErrors):
        formatted = error.trace.get("formatted") if isinstance(error.trace, dict) else None
        if isinstance(formatted, str) and formatted:
            texts.append(formatted)
        if error.extra:
            from pprint import pformat

            texts.append(pformat(error.extra))
    if short:
        tell([*texts, *advice])
        return
    for text in (*texts, *advice):
        say(text)
