"""``midclt key``: its actions and their options."""

from __future__ import annotations

import argparse

from ..shared_options import add_actions, add_output_options, add_write_option

__all__ = ["WORK", "add_options"]

WORK = "apikeys"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command, its actions and the actions' options."""
    parser.description = "API keys: make, list and delete them, or prepare one for faster logins."
    actions = add_actions(parser)
    precompute = actions.add_parser(
        "precompute",
        help="turn a key into the form with derived keys",
        description="Sign in with a key once, by proof, and write the JSON with what a login derives from it: logins"
        " with that are faster and need no key. It serves this server only, and is as secret as the key.",
    )
    precompute.add_argument(
        "file", metavar="FILE", nargs="?", help="a file with the key, - for standard input (none: asked for)"
    )
    precompute.add_argument(
        "-o", "--output", metavar="FILE", help="write to this new file, which only you can read (default: print it)"
    )
    create = actions.add_parser(
        "create",
        help="make a key, which is shown once",
        description="Make an API key. The server tells it once: it is printed, or written to a file for you alone.",
    )
    create.add_argument("key_name", metavar="NAME", help="a name to tell keys apart")
    create.add_argument("--for", dest="key_user", metavar="USER", help="whose key (default: the user signed in)")
    create.add_argument("--expires", metavar="DATE", help="when it ends, such as 2027-01-31 (default: never)")
    create.add_argument("-O", "--output", metavar="FILE", help="write it to this new file instead, for -K")
    add_write_option(create)
    ls = actions.add_parser("ls", help="list keys", description="List the API keys, without their secrets.")
    add_output_options(ls)
    rm = actions.add_parser("rm", help="delete a key", description="Delete an API key: what uses it is refused then.")
    rm.add_argument("key", metavar="KEY", help="its number, or its name")
    add_write_option(rm)
