"""``midclt ping``: whether the API answers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..exits import ExitStatus

__all__ = ["add_options", "run"]

PING_SECONDS = 10.0
"""The official command waits this long too."""


def add_options(parser: ArgumentParser) -> None:
    """Describe the command, which has no options."""
    parser.description = "Call core.ping and print its answer."


def run(options: Namespace) -> ExitStatus:
    """Print the answer of ``core.ping``; an empty one is an error. No login is needed, so a missing secret is fine."""
    from ..access import signed_in
    from ..output import print_result

    with signed_in(options, optional=True) as client:
        answer = client.ping(options.timeout or PING_SECONDS)
        if not answer:
            return ExitStatus.ERROR
        print_result(answer)
    return ExitStatus.OK
