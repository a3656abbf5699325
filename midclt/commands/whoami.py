"""``midclt whoami``: as whom, by what and with which rights this command is signed in."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus
from ..shared_options import add_fleet_option, add_output_options
from ..showing import show_answer

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Show the user that this command signs in, the rights, and the server."
    add_fleet_option(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print what the server says of the session."""
    from ..identity import identity

    return show_answer(options, lambda one, client: identity(client))
