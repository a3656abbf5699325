"""``midclt events``: the events that the server's release is known to send."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..exits import ExitStatus
from ..output import is_terminal, print_line, say
from ..shared_options import add_listing_options, add_output_options, form_chosen
from ..showing import show

if TYPE_CHECKING:
    from truenas_client.methods.releases import EventFact

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "List events to subscribe to. No server since 25.04 lists its own; these are those that its release registers."
    )
    parser.add_argument("pattern", metavar="PATTERN", nargs="?", default="", help="a part of the name")
    add_listing_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """List the events."""
    from truenas_client.methods.releases import known_events, release_of

    from ..listing import listing

    release = release_of(listing(options).version)
    pattern = options.pattern.lower()
    found = [event for event in known_events().values() if release in event.releases and pattern in event.name]
    if form_chosen(options):
        rows = [{"name": e.name, "source": e.source, "parameters": list(e.parameters)} for e in found]
        show(rows, options, ["name", "source", "parameters"] if options.output == "table" else None)
    elif not is_terminal(sys.stdout):
        for event in found:
            print_line(event.name)
    else:
        from ..prose import Prose

        prose = Prose(options.color)
        column = max((len(event.name) for event in found), default=0)
        prose.table([(event.name, "", ", ".join(_parameters(event))) for event in found], column)
        prose.print()
        if shown := next((event for event in found if event.parameters), None):
            text = shown.example if shown.required else f'{shown.name}:{{"{shown.parameters[0]}": ...}}'
            say(f"Arguments stand behind the name: midclt subscribe '{text}'")
    if not found:
        say("No event matches.")
    return ExitStatus.OK if found else ExitStatus.ERROR


def _parameters(event: EventFact) -> list[str]:
    return [f"{name} (required)" if name in event.required else name for name in event.parameters]
