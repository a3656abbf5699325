"""midclt: the TrueNAS API from a shell, as the official command of that name.

Flags, standard output and what a script relies on are the official ones; on top
come exit codes that tell failures apart (`midclt.exits`), a login for every
command, and messages instead of tracebacks. Importing this package loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

__all__ = ["get_parser", "main"]


def get_parser() -> ArgumentParser:
    """The parser of the command line; reads nothing, changes nothing (a manual page is made from it)."""
    from .parser import get_parser

    return get_parser()


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status. ``argv`` is without the program's name."""
    from .__main__ import main

    return main(argv)
