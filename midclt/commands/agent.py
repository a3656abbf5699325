"""``midclt agent``: start, look at and end the process that keeps sign-ins."""

from __future__ import annotations

import argparse
from typing import Any

from ..exits import CommandError, ExitStatus
from ..option_types import seconds
from ..shared_options import add_output_options

__all__ = ["add_options", "run"]

COLUMNS = ["profile", "address", "user", "signed_in", "calls", "unused", "ends_in"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its actions."""
    parser.description = (
        "An agent is a process of yours that keeps the sign-ins of profiles in memory, so that more commands need no "
        "login. It starts with the first command for a profile with an address (unless --agent never, or MIDCLT_AGENT, "
        "says otherwise), drops what is not used for ten minutes, everything after eight hours, and tells no secret."
    )
    parser.set_defaults(names=[], idle=None, lifetime=None)
    add_output_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="<action>", title="actions")
    start = actions.add_parser("start", help="start it, or unlock it", description="Start the agent, or unlock it.")
    start.add_argument("--idle", type=seconds, metavar="SECONDS", help="drop what is not used so long (default: 600)")
    start.add_argument("--lifetime", type=seconds, metavar="SECONDS", help="drop everything so old (default: 28800)")
    status = actions.add_parser(
        "status", help="what it keeps", description="The sign-ins that the agent keeps. Status 1: no agent runs."
    )
    add_output_options(status)
    actions.add_parser("stop", help="end it", description="End the agent. Commands that use it lose their connection.")
    actions.add_parser(
        "lock",
        help="drop every sign-in and secret, and take no new ones",
        description="Drop every sign-in and secret, and take no new ones until midclt login or midclt agent start.",
    )
    forget = actions.add_parser(
        "forget", help="drop sign-ins", description="Drop the sign-ins of these profiles, with their secrets."
    )
    forget.add_argument("names", metavar="PROFILE", nargs="*", help="none: all of them")


def run(options: argparse.Namespace) -> ExitStatus:
    """Run the action ``options.action``."""
    from ..agent.joining import control
    from ..output import say

    action = options.action or "status"
    if action == "start":
        return _start(options)
    members: dict[str, Any] = {"names": options.names} if action == "forget" else {}
    reply = control(action, **members)
    if reply is None:
        say("No agent runs.")
        return ExitStatus.ERROR if action == "status" else ExitStatus.OK
    if action == "status":
        _show(reply, options)
        return ExitStatus.OK
    count = int(reply.get("count", 0))
    if options.names and not count:
        say(f"The agent keeps no sign-in of {', '.join(options.names)}.")
        return ExitStatus.OK
    dropped = f"{count} sign-in{'' if count == 1 else 's'} dropped"
    say({"stop": f"The agent has ended: {dropped}.", "lock": f"Locked: {dropped}."}.get(action, f"{dropped}."))
    return ExitStatus.OK


def _start(options: argparse.Namespace) -> ExitStatus:
    from ..agent.joining import control
    from ..agent.place import Unsafe
    from ..agent.spawn import IDLE, LIFETIME, start
    from ..output import say

    try:
        sock, is_new = start(idle=options.idle or IDLE, lifetime=options.lifetime or LIFETIME)
    except (Unsafe, OSError) as e:
        raise CommandError(f"The agent cannot be started: {e}", ExitStatus.ERROR) from e
    sock.close()
    if not is_new and (options.idle or options.lifetime):
        text = "An agent runs already, with its own times: `midclt agent stop` first"
        raise CommandError(text, ExitStatus.ERROR)
    reply = control("status") or {}
    control("unlock")
    state = "has started" if is_new else "is unlocked" if reply.get("locked") else "runs already"
    say(f"The agent {state} (process {reply.get('pid')}).")
    return ExitStatus.OK


def _show(reply: dict[str, Any], options: argparse.Namespace) -> None:
    import sys

    from ..output import is_terminal, say
    from ..showing import show

    locked = ", locked" if reply.get("locked") else ""
    say(f"The agent runs (process {reply.get('pid')}, version {reply.get('package')}{locked}).")
    rows = reply.get("sessions") or []
    if rows or not is_terminal(sys.stdout):
        show(rows, options, COLUMNS)
    else:
        say("It keeps no sign-in.")
