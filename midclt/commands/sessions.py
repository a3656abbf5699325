"""``midclt sessions``: the sessions of the server, and ending them."""

from __future__ import annotations

import argparse

from ..access import signed_in
from ..exits import CommandError, ExitStatus
from ..lock import Lock
from ..output import say
from ..shared_options import add_actions, add_fleet_option, add_output_options, add_write_option
from ..showing import show_answer

__all__ = ["add_options", "do_ls", "do_terminate"]

COLUMNS = ["id", "current", "credentials", "credentials_data.username", "origin", "created_at"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its actions."""
    parser.description = "The sessions that are signed in at the server."
    add_fleet_option(parser)
    add_output_options(parser)
    parser.set_defaults(internal=False)
    actions = add_actions(parser, "ls")
    ls = actions.add_parser("ls", help="list sessions", description="List the sessions; this command's own is one.")
    ls.add_argument("--internal", action="store_true", help="those of the server's own services too")
    add_fleet_option(ls)
    add_output_options(ls)
    terminate = actions.add_parser(
        "terminate", help="end a session", description="End one session, or all but this command's own."
    )
    terminate.set_defaults(several=False)
    terminate.add_argument("session", metavar="ID", nargs="?", help="the id of a session, as ls shows it")
    terminate.add_argument("--others", action="store_true", help="all sessions but this one")
    add_write_option(terminate)


def do_ls(options: argparse.Namespace) -> ExitStatus:
    """List the sessions."""
    filters = [] if options.internal else [["internal", "=", False]]
    return show_answer(options, lambda one, client: client.call("auth.sessions", filters), COLUMNS)


def do_terminate(options: argparse.Namespace) -> ExitStatus:
    """End one session, or all the others."""
    if bool(options.session) is options.others:
        raise CommandError("Give the ID of one session, or --others", ExitStatus.USAGE)
    method = "auth.terminate_other_sessions" if options.others else "auth.terminate_session"
    params = [] if options.others else [options.session]
    Lock(options).check_write(method)
    with signed_in(options) as client:
        if not options.others and not client.call("auth.sessions", [["id", "=", options.session]]):
            raise CommandError(f"There is no session {options.session}", ExitStatus.ERROR)
        client.call(method, *params)
    say("All other sessions have ended." if options.others else f"Session {options.session} has ended.")
    return ExitStatus.OK
