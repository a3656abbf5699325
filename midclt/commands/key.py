"""``midclt key``: its action and options; `midclt.precompute` does the work."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..exits import ExitStatus

__all__ = ["add_options", "run"]


def run(options: Namespace) -> ExitStatus:
    """Run the only action."""
    from ..precompute import precompute

    return precompute(options)


def add_options(parser: ArgumentParser) -> None:
    """Describe the command, its action and the action's options."""
    parser.description = "Prepare an API key."
    actions = parser.add_subparsers(dest="action", metavar="<action>", title="actions", required=True)
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
