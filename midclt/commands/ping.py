"""``midclt ping``: whether the API answers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["ON_SEVERAL", "add_options", "run"]

ON_SEVERAL = (None,)

PING_SECONDS = 10.0
"""The official command waits this long too."""


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its option."""
    from ..shared_options import add_fleet_option

    add_fleet_option(parser)
    parser.set_defaults(output=None, columns=None, jmespath=None, color="auto")
    parser.description = "Call core.ping and print its answer."


def run(options: Namespace) -> ExitStatus:
    """Print the answer of ``core.ping``; an empty one is an error. No login is needed, so a missing secret is fine."""
    from ..access import signed_in
    from ..output import print_result

    if options.on is not None:
        from ..fleet import Fleet

        fleet = Fleet(options, optional=True)
        fleet.show(fleet.ask(_answer))
        return fleet.status
    with signed_in(options, optional=True) as client:
        answer = client.ping(options.timeout or PING_SECONDS)
        if not answer:
            return ExitStatus.ERROR
        print_result(answer)
    return ExitStatus.OK


def _answer(options: Namespace, client: Client) -> Any:
    answer = client.ping(options.timeout or PING_SECONDS)
    if not answer:
        raise CommandError("core.ping has no answer", ExitStatus.ERROR)
    return answer
