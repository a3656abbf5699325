"""``midclt ping``: whether the API answers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from ..access import signed_in
from ..exits import CommandError, ExitStatus
from ..output import print_result
from ..shared_options import add_fleet_option

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["add_options", "run"]

PING_SECONDS = 10.0
"""The official command waits this long too."""


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its option."""
    add_fleet_option(parser)
    parser.set_defaults(output=None, columns=None, jmespath=None, color="auto")
    parser.description = "Call core.ping and print its answer."


def run(options: Namespace) -> ExitStatus:
    """Print the answer of ``core.ping``; an empty one is an error. No login is needed, so a missing secret is fine."""
    if options.on is not None:
        from ..fleet import Fleet

        fleet = Fleet(options, optional=True)
        fleet.show(fleet.ask(_answer))
        return fleet.status
    with signed_in(options, optional=True) as client:
        print_result(_answer(options, client))
    return ExitStatus.OK


def _answer(options: Namespace, client: Client) -> Any:
    answer = client.ping(options.timeout or PING_SECONDS)
    if not answer:
        raise CommandError("core.ping has no answer", ExitStatus.ERROR)
    return answer
