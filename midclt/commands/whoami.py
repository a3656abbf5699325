"""``midclt whoami``: as whom, by what and with which rights this command is signed in."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    from ..shared_options import add_output_options

    parser.description = "Show the user that this command signs in, the rights, and the server."
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print what the server says of the session."""
    from ..access import call_timeout, signed_in
    from ..identity import identity
    from ..showing import show

    with signed_in(options) as client:
        row = identity(client, call_timeout(options))
    show(row, options)
    return ExitStatus.OK
