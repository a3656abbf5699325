"""``midclt saved``: the saved calls: list, show, import, export, remove."""

from __future__ import annotations

import argparse

from ..shared_options import add_actions

__all__ = ["WORK", "add_options"]

WORK = "saved"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command, its actions and their options."""
    parser.description = "Saved calls are TOML files in folders; a folder may be a checkout that others share."
    actions = add_actions(parser, "ls")
    actions.add_parser("ls", help="list the calls (the default)")
    for name, words in (("show", "print the file of a call"), ("rm", "delete a call")):
        actions.add_parser(name, help=words).add_argument("saved", metavar="NAME")
    importing = actions.add_parser(
        "import",
        help="add calls from files",
        description="Add calls from files. In place of a secret in a file a variable is saved, which is asked for.",
    )
    importing.add_argument("files", metavar="FILE", nargs="+")
    importing.add_argument("--as", dest="call_name", metavar="NAME", help="the name of the call (default: the file's)")
    importing.add_argument("--replace", action="store_true", help="replace calls of the same names")
    exporting = actions.add_parser("export", help="write a call to a file, without secrets")
    exporting.add_argument("saved", metavar="NAME")
    exporting.add_argument("file", metavar="FILE", help="- is standard output")
    exporting.add_argument("--replace", action="store_true", help="replace the file")
