"""``midclt ping``: whether the API answers."""

from __future__ import annotations

from argparse import Namespace

from ..access import signed_in
from ..exits import ExitStatus
from ..output import print_result

__all__ = ["run"]

PING_SECONDS = 10.0
"""As long as the official command waits."""


def run(options: Namespace) -> ExitStatus:
    """Print what ``core.ping`` answers; an empty answer is an error."""
    with signed_in(options) as session:
        answer = session.ping(options.timeout or PING_SECONDS)
        if not answer:
            return ExitStatus.ERROR
        print_result(answer)
    return ExitStatus.OK
