"""``midclt agent``: start, look at and end the process that keeps sign-ins."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..exits import CommandError, ExitStatus
from ..output import is_terminal, say
from ..shared_options import add_actions, add_output_options, seconds
from ..showing import show

__all__ = ["add_options", "do_forget", "do_lock", "do_start", "do_status", "do_stop"]

COLUMNS = ["profile", "address", "user", "signed_in", "calls", "unused", "ends_in"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its actions."""
    parser.description = (
        "An agent is a process of yours that keeps the sign-ins of profiles in memory, so that more commands need no "
        "login. It starts with the first command for a profile with an address (unless --agent never, or MIDCLT_AGENT, "
        "says otherwise), drops what is not used for ten minutes, everything after eight hours, and tells no secret."
    )
    add_output_options(parser)
    actions = add_actions(parser, "status")
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


def do_status(options: argparse.Namespace) -> ExitStatus:
    """Show what the agent keeps."""
    reply = _asked("status")
    if reply is None:
        return ExitStatus.ERROR
    locked = ", locked" if reply.get("locked") else ""
    say(f"The agent runs (process {reply.get('pid')}, version {reply.get('package')}{locked}).")
    rows = reply.get("sessions") or []
    if rows or not is_terminal(sys.stdout):
        show(rows, options, COLUMNS)
    else:
        say("It keeps no sign-in.")
    return ExitStatus.OK


def do_start(options: argparse.Namespace) -> ExitStatus:
    """Start the agent, or unlock it."""
    from ..agent.joining import control
    from ..agent.spawn import IDLE, LIFETIME, start

    try:
        sock, is_new = start(idle=options.idle or IDLE, lifetime=options.lifetime or LIFETIME)
    except OSError as e:
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


def do_stop(options: argparse.Namespace) -> ExitStatus:
    """End the agent."""
    if (reply := _asked("stop")) is not None:
        say(f"The agent has ended: {_dropped(reply)}.")
    return ExitStatus.OK


def do_lock(options: argparse.Namespace) -> ExitStatus:
    """Drop every sign-in and take no new ones."""
    if (reply := _asked("lock")) is not None:
        say(f"Locked: {_dropped(reply)}.")
    return ExitStatus.OK


def do_forget(options: argparse.Namespace) -> ExitStatus:
    """Drop the sign-ins of some profiles, or all."""
    if (reply := _asked("forget", names=options.names)) is not None:
        none = options.names and not reply.get("count")
        say(f"The agent keeps no sign-in of {', '.join(options.names)}." if none else f"{_dropped(reply)}.")
    return ExitStatus.OK


def _asked(op: str, **members: Any) -> dict[str, Any] | None:
    """What the running agent answers; None where none runs, which is told."""
    from ..agent.joining import control

    reply = control(op, **members)
    if reply is None:
        say("No agent runs.")
    return reply


def _dropped(reply: dict[str, Any]) -> str:
    count = int(reply.get("count", 0))
    return f"{count} sign-in{'' if count == 1 else 's'} dropped"
