"""``midclt sessions``: the sessions of the server, and ending them."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus

__all__ = ["ON_SEVERAL", "add_options", "run"]

ON_SEVERAL = (None, "ls")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its actions."""
    from ..shared_options import add_fleet_option, add_output_options, add_write_option

    parser.description = "The sessions that are signed in at the server."
    parser.set_defaults(action="ls", internal=False)
    add_fleet_option(parser)
    add_output_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="<action>", title="actions")
    ls = actions.add_parser("ls", help="list sessions", description="List the sessions; this command's own is one.")
    ls.add_argument("--internal", action="store_true", help="those of the server's own services too")
    add_fleet_option(ls)
    add_output_options(ls)
    terminate = actions.add_parser(
        "terminate", help="end a session", description="End one session, or all but this command's own."
    )
    terminate.add_argument("session", metavar="ID", nargs="?", help="the id of a session, as ls shows it")
    terminate.add_argument("--others", action="store_true", help="all sessions but this one")
    add_write_option(terminate)


def run(options: argparse.Namespace) -> ExitStatus:
    """Run the action ``options.action``."""
    from ..access import call_timeout, signed_in
    from ..exits import CommandError
    from ..lock import Lock
    from ..output import say
    from ..showing import show_answer

    timeout = call_timeout(options)
    if options.action != "terminate":
        filters = [] if options.internal else [["internal", "=", False]]
        columns = ["id", "current", "credentials", "credentials_data.username", "origin", "created_at"]
        return show_answer(options, lambda one, client: client.call("auth.sessions", filters, timeout=timeout), columns)
    if bool(options.session) is options.others:
        raise CommandError("Give the ID of one session, or --others", ExitStatus.USAGE)
    method = "auth.terminate_other_sessions" if options.others else "auth.terminate_session"
    params = [] if options.others else [options.session]
    lock = Lock(options)
    lock.check_name(method, params)
    with signed_in(options) as client:
        lock.check(client.call, method, params, timeout)
        if not options.others and not client.call("auth.sessions", [["id", "=", options.session]], timeout=timeout):
            raise CommandError(f"There is no session {options.session}", ExitStatus.ERROR)
        client.call(method, *params, timeout=timeout)
    say("All other sessions have ended." if options.others else f"Session {options.session} has ended.")
    return ExitStatus.OK
