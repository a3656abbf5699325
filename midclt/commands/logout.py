"""``midclt logout``: have the agent forget the sign-in of a profile."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..exits import CommandError, ExitStatus

__all__ = ["add_options", "run"]


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "End the session that the agent keeps for a profile, and have it forget the secret."
    parser.add_argument("name_of_profile", metavar="PROFILE", nargs="?", help="default: --profile, or the default one")


def run(options: Namespace) -> ExitStatus:
    """Forget it."""
    from ..access import chosen
    from ..agent.joining import control
    from ..output import say

    options.profile = options.name_of_profile or options.profile
    profile = chosen(options).profile
    if profile is None:
        raise CommandError("Name a profile", ExitStatus.USAGE)
    reply = control("forget", names=[profile.name])
    ended = reply is not None and reply.get("count")
    say(f"{profile.name}: signed out." if ended else f"{profile.name}: no agent keeps a sign-in of it.")
    return ExitStatus.OK
