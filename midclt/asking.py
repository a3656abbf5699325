"""Ask the user on the terminal itself, because standard input may carry the arguments of a call.

Without a terminal a secret is the next line of standard input, as in the official command. The rest of the input
remains for an argument ``-``.
"""

from __future__ import annotations

import os
import sys

from .exits import CommandError, ExitStatus

__all__ = ["ask", "ask_text", "confirm", "has_terminal", "typed"]

LONGEST_LINE = 65_536
"""The most bytes of a line with a secret: standard input may have no end."""


def ask(prompt: str) -> str | None:
    """Ask for a secret without showing the typed text. None when the user gives nothing.

    Raises `CommandError` when the line of standard input is too long or not UTF-8.
    """
    if not has_terminal() and (sys.stdin is None or not sys.stdin.isatty()):
        return _line()
    from getpass import getpass

    try:
        return getpass(prompt) or None
    except EOFError:
        return None


def _line() -> str | None:
    """The next line of standard input, without its end."""
    stdin = sys.stdin
    if stdin is None or stdin.closed:
        return None
    try:
        # Read bytes, from the same buffer that `-` reads. The locale's encoding need not be that of a pipe.
        buffer = getattr(stdin, "buffer", None)
        line = stdin.readline(LONGEST_LINE + 1) if buffer is None else buffer.readline(LONGEST_LINE + 1).decode()
    except OSError:  # not open for reading
        return None
    except UnicodeDecodeError as e:
        raise CommandError(f"The secret on standard input is not UTF-8 text (byte {e.start})", ExitStatus.USAGE) from e
    if len(line) > LONGEST_LINE:
        raise CommandError(f"The first line of standard input is longer than {LONGEST_LINE} bytes", ExitStatus.USAGE)
    return line.rstrip("\r\n") or None


def confirm(question: str) -> bool | None:
    """Ask for a yes on the terminal; None without one. Standard input cannot answer, so a script cannot agree."""
    answer = typed(f"{question} [y/N] ")
    return None if answer is None else answer.lower() in {"y", "yes"}


def typed(prompt: str) -> str | None:
    """What the user types on the terminal; None without one."""
    return ask_text(prompt).strip() if has_terminal() else None


def ask_text(prompt: str) -> str:
    """Ask for a text on the terminal, which has to be there, and show it as it is typed."""
    if os.name == "posix":
        with open("/dev/tty", "r+b", buffering=0) as terminal:
            terminal.write(prompt.encode("utf-8", "replace"))
            return terminal.readline(LONGEST_LINE).decode("utf-8", "replace").rstrip("\r\n")
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")


def has_terminal() -> bool:
    """Whether there is a terminal to ask on."""
    if os.name != "posix":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
