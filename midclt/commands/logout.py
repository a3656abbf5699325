"""``midclt logout``: have the agent forget the sign-in of a profile."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..exits import ExitStatus
from ..shared_options import add_profile_argument

__all__ = ["add_options", "run"]


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "End the session that the agent keeps for a profile, and have it forget the secret."
    add_profile_argument(parser)


def run(options: Namespace) -> ExitStatus:
    """Forget it."""
    from ..access import chosen_profile
    from ..agent.joining import control
    from ..output import say

    _, name = chosen_profile(options)
    reply = control("forget", names=[name])
    ended = reply is not None and reply.get("count")
    say(f"{name}: signed out." if ended else f"{name}: no agent keeps a sign-in of it.")
    return ExitStatus.OK
