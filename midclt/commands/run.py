"""``midclt run``: make a saved call: a file of a method, its arguments and the variables to ask for."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus
from ..shared_options import add_call_options, add_output_options

__all__ = ["DASHED", "add_options", "run"]

DASHED = ("--set",)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Make a saved call and print its result, as midclt call does. A variable without --set and without a default "
        "is asked for on the terminal."
    )
    parser.epilog = "midclt saved lists the calls; the app saves them (s), and the files can be written by hand."
    add_call_options(parser)
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="the value of a variable. A secret is asked for, or named: NAME='${env:VARIABLE}' or '${secret:NAME}'",
    )
    parser.add_argument("saved", metavar="NAME", help="the name of a saved call, or the path of a .toml file")
    add_output_options(parser, elsewhere="as the official command prints elsewhere")


def run(options: argparse.Namespace) -> ExitStatus:
    """Make the call."""
    from ..saved import arguments, find_call
    from .call import make

    call = find_call(options.saved)
    params, hidden = arguments(call, options.set)
    return make(options, call.method, params, hidden=hidden)
