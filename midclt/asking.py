"""Asking the person: on the terminal itself, never on standard input, which may carry the arguments of a call."""

from __future__ import annotations

import os
import sys

__all__ = ["ask", "confirm"]


def ask(prompt: str) -> str | None:
    """Ask without showing what is typed; None when there is no terminal, or nothing was given."""
    if not _terminal():
        # Looked at first, because getpass would fall back on standard input.
        return None
    from getpass import getpass

    try:
        return getpass(prompt) or None
    except EOFError:
        return None


def confirm(question: str) -> bool | None:
    """Ask for a yes; None when there is nobody to ask."""
    if not _terminal():
        return None
    prompt = f"{question} [y/N] "
    if os.name == "posix":
        with open("/dev/tty", "r+b", buffering=0) as terminal:
            terminal.write(prompt.encode())
            answer = terminal.readline().decode("utf-8", "replace")
    else:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        answer = sys.stdin.readline()
    return answer.strip().lower() in {"y", "yes"}


def _terminal() -> bool:
    if os.name != "posix":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
