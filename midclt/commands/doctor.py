"""``midclt doctor``: each step from here to a signed-in call, timed, up to the first that fails."""

from __future__ import annotations

import argparse

from ..shared_options import FORMS

__all__ = ["WORK", "add_options"]

WORK = "steps"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Go through the steps to a signed-in call (name, connection, certificate, WebSocket, versions, sign-in, role, "
        "clock, speed) and time each. The first that fails is explained, and gives the exit status."
    )
    parser.add_argument("-o", "--output", choices=FORMS, metavar="FORM", help="the steps as rows of this form")
