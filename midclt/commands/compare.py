"""``midclt compare``: what differs between the answers of several servers to the same call, which only reads."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus
from ..output import is_terminal, print_line, say
from ..shared_options import add_fleet_option, add_output_options
from ..showing import selected, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truenas_client.sync.client import Client

__all__ = ["add_options", "run"]

KEYS = ("name", "username", "path", "service", "id")
"""Members that tell items of a list on different servers. Numbers come last: each server counts its own."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Call a method on several servers and print how the answers of the others differ from that of the first: lines "
        "on a terminal, elsewhere rows of JSON with nas, kind, path, old (of the first server) and new. Items of lists "
        f"are the same where one of these is: {', '.join(KEYS)}."
    )
    parser.epilog = (
        'examples: midclt compare system.general.config --on lab,prod; midclt compare user.query \'[["local", "=", '
        "true]]' --on all --ignore id,group; midclt compare pool.query --on lab,prod --columns name,status,autotrim"
    )
    parser.add_argument("method", metavar="METHOD", help="a method that only reads")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="*", help="as in call")
    parser.add_argument("--by", metavar="NAME", help="the member that tells which items of a list are the same")
    parser.add_argument("--ignore", metavar="NAMES", help="leave out members of these names, wherever they stand")
    add_fleet_option(parser)
    add_output_options(parser, elsewhere="jsonl elsewhere")


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the differences; none is a success too."""
    from ..arguments import call_arguments
    from ..fleet import Fleet

    if options.on is None:
        raise CommandError("Name the servers to compare: --on lab,prod", ExitStatus.USAGE)
    fleet = Fleet(options, only_reads=True)
    if len(fleet.names) < 2:
        raise CommandError(f"Name two servers to compare, or more: --on {fleet.names[0]},...", ExitStatus.USAGE)
    fleet.read_secrets()  # before an argument `-` takes the rest of standard input
    method, params = options.method, call_arguments(options.arguments)
    fleet.check(method, params)
    ignored = frozenset(filter(None, (options.ignore or "").split(",")))

    def work(one: argparse.Namespace, client: Client) -> Any:
        fleet.permit(one, client, method, params)
        return _without(selected(client.call(method, *params), options), ignored)

    answers = fleet.ask(work)
    if len(answers) > 1:
        if not _print(answers, options, (options.by,) if options.by else KEYS):
            say("No difference." if len(answers) == len(fleet.names) else "No difference between those that answered.")
    elif answers:
        say(f"Only {', '.join(answers)} answered, so there is nothing to compare it with")
    return fleet.status


def _print(answers: dict[str, Any], options: argparse.Namespace, keys: Sequence[str]) -> bool:
    """Print how the other answers differ from the first; whether any does."""
    from truenas_client.values.diff import change_row, change_text, diff

    (first, old), *others = answers.items()
    found = [(name, change) for name, new in others for change in diff(old, new, keys)]
    if options.output is None:
        if is_terminal(sys.stdout):
            before = ""
            for name, change in found:
                if name != before:
                    print_line(f"{first} -> {name}")
                    before = name
                print_line(f"  {change_text(change)}")
            return bool(found)
        options.output = "jsonl"
    rows = [{"nas": name, **change_row(change)} for name, change in found]
    options.columns = options.jmespath = None  # the answers were narrowed by them already
    show(rows, options)
    return bool(found)


def _without(value: Any, names: frozenset[str]) -> Any:
    """The value without members of these names."""
    if not names:
        return value
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value
