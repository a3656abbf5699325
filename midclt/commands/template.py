"""``midclt template``: the smallest valid arguments of a method, to fill in."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus
from ..shared_options import add_listing_options

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Print the smallest valid arguments of a method as JSON: of one argument its value, of several a list of them."
        " What you have to fill in is named on standard error."
    )
    parser.epilog = (
        "example:\n  midclt template user.create > user.json; edit it; midclt call user.create - < user.json"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("wanted", metavar="METHOD")
    add_listing_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the arguments."""
    from truenas_client import ejson
    from truenas_client.methods.draft import Draft, draft
    from truenas_client.values.kinds import path_text

    from ..listing import listing, method_of
    from ..output import print_line, say

    method = method_of(listing(options), options.wanted)
    smallest = method.smallest()
    if not smallest.value and len(method.params) == 1 and not method.filterable:
        # Schemas of 24.10 require no argument, but members of it.
        inner = draft(method.params[0].schema)
        smallest = Draft([inner.value], tuple(inner.under(0)))
    only = len(method.params) == 1 and len(smallest.value) == 1
    print_line(ejson.dumps(smallest.value[0] if only else smallest.value, indent=2, ensure_ascii=False))
    paths = [
        path_text(path[1:] if only else (method.params[int(path[0])].name, *path[1:])) for path in smallest.to_fill
    ]
    if any(paths):
        say(f"To fill in: {', '.join(path for path in paths if path)}")
    return ExitStatus.OK
