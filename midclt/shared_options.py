"""Options that several commands have, and the types of their values. Loading this module loads nothing but argparse."""

from __future__ import annotations

import argparse
import math

__all__ = [
    "FORMS",
    "add_actions",
    "add_call_options",
    "add_colour_option",
    "add_fleet_option",
    "add_job_print_option",
    "add_lines_options",
    "add_listing_options",
    "add_output_options",
    "add_profile_argument",
    "add_write_option",
    "count",
    "form_chosen",
    "seconds",
]

FORMS = ("json", "pretty", "jsonl", "yaml", "table", "markdown", "csv", "raw")


def add_output_options(parser: argparse.ArgumentParser, *, elsewhere: str = "json elsewhere") -> None:
    """Add the options that say how an answer is printed. ``elsewhere`` is the default without a terminal."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "-o",
        "--output",
        choices=FORMS,
        metavar="FORM",
        help=f"{', '.join(FORMS)} (default: MIDCLT_OUTPUT, else table or pretty on a terminal, {elsewhere})",
    )
    group.add_argument(
        "--columns", metavar="NAMES", help="show these members only, such as name,used.parsed,topology.data.*.type"
    )
    group.add_argument("--jmespath", metavar="EXPRESSION", help="show what this JMESPath finds (package jmespath)")
    add_colour_option(group)


def form_chosen(options: argparse.Namespace) -> bool:
    """Whether the user has chosen how the answer is printed."""
    return options.output is not None or options.columns is not None or options.jmespath is not None


def add_fleet_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names several servers, which may stand before the command too."""
    words = "on the servers of these profiles (lab,prod), or of all: their answers together, each with a member nas"
    parser.set_defaults(several=True)
    parser.add_argument("--on", metavar="NAMES", default=argparse.SUPPRESS, help=words)


def add_colour_option(parser: argparse._ActionsContainer) -> None:
    """Add the option that decides on colour."""
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="whether to use colour")


def add_actions(
    parser: argparse.ArgumentParser, default: str | None = None
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Have a command take the name of an action, which is ``default`` where none is given."""
    actions = parser.add_subparsers(dest="action", metavar="<action>", title="actions", required=default is None)
    parser.set_defaults(action=default)  # this replaces the default of `actions`, so it comes after
    return actions


def add_listing_options(parser: argparse.ArgumentParser) -> None:
    """Add the option that asks the server again."""
    parser.add_argument("--refresh", action="store_true", help="read the methods from the server again")


def add_profile_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a profile, for `access.chosen_profile`."""
    parser.add_argument("name_of_profile", metavar="PROFILE", nargs="?", help="default: --profile, or the default one")


def add_write_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that overrules a read-only profile, which may stand before the command too."""
    words = "allow it though the profile is read-only"
    parser.add_argument("--write", action="store_true", default=argparse.SUPPRESS, help=words)


def add_job_print_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how the progress of a job is shown."""
    parser.add_argument(
        "-jp",
        "--job-print",
        choices=("progressbar", "description"),
        default="progressbar",
        help="how progress is shown: as a bar (only on a terminal; the default), or a line for each new description",
    )


def add_lines_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that make a call for each line of standard input."""
    parser.add_argument(
        "--each",
        metavar="TEMPLATE",
        action="append",
        default=[],
        help="an argument, in which {} stands for the line; once for each argument (default: the line, as in call)",
    )
    parser.add_argument("--failed", metavar="FILE", help="write the calls that failed there, for batch to read again")
    add_write_option(parser)


def add_call_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a call is made."""
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing when the call fails")
    parser.add_argument(
        "-j", "-job", "--job", action="store_true", help="the method is a job: show its progress, print its result"
    )
    add_job_print_option(parser)
    add_write_option(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show and check what would be sent, secrets masked; send nothing"
    )
    add_fleet_option(parser)
    parser.add_argument("--yes", action="store_true", help="with --on: send a call that may change servers, unasked")


def count(text: str) -> int:
    """A number of things, 1 or more. Raises `argparse.ArgumentTypeError`."""
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 1 or more")
    return value


def seconds(text: str) -> float:
    """A finite number of seconds, 0 or more. Raises `argparse.ArgumentTypeError`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
