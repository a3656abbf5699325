"""``midclt login``: sign a profile in, and have the agent keep it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from ..exits import CommandError, ExitStatus

if TYPE_CHECKING:
    from truenas_client.storage import Choice

__all__ = ["add_options", "add_profile_argument", "named", "run"]


def add_options(parser: ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Sign a profile in and have the agent keep it, used or not, until midclt logout or for eight hours. Password "
        "and one-time password are asked for once; commands for the profile need none then, without a terminal too."
    )
    add_profile_argument(parser)


def add_profile_argument(parser: ArgumentParser) -> None:
    """Add the argument that names the profile."""
    parser.add_argument("name_of_profile", metavar="PROFILE", nargs="?", help="default: --profile, or the default one")


def named(options: Namespace) -> tuple[Choice, str]:
    """The profile that is named, or the one that is used, and its name. Raises `CommandError` without one."""
    from ..access import chosen

    options.profile = options.name_of_profile or options.profile
    choice = chosen(options)
    if choice.profile is None:
        raise CommandError("Name a profile (midclt profile add makes one)", ExitStatus.USAGE)
    return choice, choice.profile.name


def run(options: Namespace) -> ExitStatus:
    """Open the session and keep it."""
    from ..agent.joining import way_for_login
    from ..output import say

    choice, name = named(options)
    reply = way_for_login(options, choice)
    hours = max(int(reply["seconds"]), 0) / 3600
    say(f"{name}: signed in as {reply['user']}, for {hours:.2g} hours. `midclt logout {name}` ends it.")
    return ExitStatus.OK
