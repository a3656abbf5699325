"""midclt: the TrueNAS API from a shell, like the official command of that name.

Flags, standard output and all that a script relies on are as in the official command.
In addition, exit codes tell failures apart (`midclt.exits`), every command can sign in,
and errors are messages, not tracebacks. Importing this package loads nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is a module that completing words has no time for

if TYPE_CHECKING:
    from argparse import ArgumentParser

__all__ = ["get_parser", "main"]


def get_parser() -> ArgumentParser:
    """The parser of the command line, from which the manual page is made. It reads and changes nothing."""
    from .parser import get_parser

    return get_parser()


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status. ``argv`` is without the program's name."""
    from .__main__ import main

    return main(argv)
