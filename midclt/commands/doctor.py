"""``midclt doctor``: each step from here to a signed-in call, timed, up to the first that fails."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    from ..shared_options import FORMS

    parser.description = (
        "Go through the steps to a signed-in call (name, connection, certificate, WebSocket, versions, sign-in, role, "
        "clock, speed) and time each. The first that fails is explained, and gives the exit status."
    )
    parser.add_argument("-o", "--output", choices=FORMS, metavar="FORM", help="the steps as rows of this form")


def run(options: argparse.Namespace) -> ExitStatus:
    """Go through the steps."""
    from ..steps import examine

    return examine(options)
