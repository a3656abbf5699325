"""``midclt login``: sign a profile in, and have the agent keep it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..exits import ExitStatus
from ..shared_options import add_profile_argument

__all__ = ["add_options", "run"]


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Sign a profile in and have the agent keep it, used or not, until midclt logout or for eight hours. Password "
        "and one-time password are asked for once; commands for the profile need none then, without a terminal too."
    )
    add_profile_argument(parser)


def run(options: Namespace) -> ExitStatus:
    """Open the session and keep it."""
    from ..access import chosen_profile
    from ..agent.joining import way_for_login
    from ..output import say

    choice, name = chosen_profile(options)
    reply = way_for_login(options, choice)
    hours = max(int(reply["seconds"]), 0) / 3600
    say(f"{name}: signed in as {reply['user']}, for {hours:.2g} hours. `midclt logout {name}` ends it.")
    return ExitStatus.OK
