"""The options and subcommands of midclt.

The long options of the official command may be abbreviated to any prefix that
is theirs alone (``--t``, ``--in``), and scripts do so: an option that would
make one of these ambiguous must not be added. The tests hold the list.
"""

from __future__ import annotations

import argparse
import math

from truenas_client import __version__

from .profile_parser import add_key_parser, add_profile_parser

__all__ = ["get_parser"]

_ENVIRONMENT = """\
environment:
  TRUENAS_URI, TRUENAS_USERNAME, TRUENAS_PASSWORD, TRUENAS_API_KEY
                        stand in for -u, -U, -P and -K; options win
  TRUENAS_PROFILE       stands in for --profile; what it says yields to all of these
  CALL_TIMEOUT          stands in for -t with call (whole seconds, default 60)
  MIDCLT_EXIT=compat    exit with 1 where this command would exit with 3 to 8

exit status:
  0 success, 1 error, 2 usage, 3 connection, 4 sign-in or permission, 5 time-out, 6 arguments refused,
  7 job failed or aborted, 8 rate limit, 130 interrupted

examples:
  midclt call system.info
  midclt -u wss://nas.example/api/current -U admin call pool.query '[["name", "=", "tank"]]'
  midclt -u nas.example -U admin -K ~/.nas_key call pool.query
  midclt call -j pool.scrub.scrub tank START
  midclt profile add lab nas.example -U admin --secret keyring && midclt --profile lab call system.info
  midclt call user.create - < user.json
  midclt subscribe -n 5 'reporting.realtime:{"interval": 2}'
"""


def get_parser() -> argparse.ArgumentParser:
    """A new parser. Building it reads no environment and no file."""
    parser = argparse.ArgumentParser(
        prog="midclt",
        description="Call the API of a TrueNAS: this machine's, or with -u that of another.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument(
        "-u",
        "--uri",
        metavar="URI",
        help="address of the server, such as wss://nas.example/api/current (default: the socket of this machine)",
    )
    parser.add_argument(
        "-U", "--username", metavar="USER", help="sign in as this user; without -P and -K the password is asked"
    )
    parser.add_argument(
        "-P",
        "--password",
        metavar="PASSWORD",
        help="the password; other users of this machine can see it, so TRUENAS_PASSWORD, the prompt or, without "
        "a terminal, the first line of standard input is better",
    )
    parser.add_argument(
        "-K",
        "--api-key",
        metavar="KEY",
        help="an API key of the user, or the absolute path of a file with one (which nobody else should read)",
    )
    parser.add_argument(
        "-t",
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="how long to wait for a connection and a login, and then for an answer (0: as if not given)",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="accept any certificate: another machine can then intercept the connection, and read the password too",
    )
    parser.add_argument("--ca", metavar="FILE", help="accept only certificates signed by one in this file (PEM)")
    parser.add_argument("--profile", metavar="NAME", help="connect and sign in as it says (see midclt profile -h)")
    parser.add_argument(
        "--write", action="store_true", help="allow a call that changes the server though the profile is read-only"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="send the API key itself instead of proving it: for servers before 26, and never over plain ws://",
    )
    parser.add_argument(
        "--no-channel-binding",
        action="store_true",
        help="do not tie the proof of the API key to the TLS connection: for proxies that end TLS, and for ws://",
    )

    commands = parser.add_subparsers(dest="name", metavar="<subcommand>", title="subcommands")

    call = commands.add_parser(
        "call",
        help="call a method",
        description="Call a method and print its result; of a job without -j, its number.",
    )
    call.add_argument("-q", "--quiet", action="store_true", help="print nothing when the call fails")
    call.add_argument(
        "-j", "-job", "--job", action="store_true", help="the method is a job: show its progress, print its result"
    )
    call.add_argument(
        "-jp",
        "--job-print",
        choices=("progressbar", "description"),
        default="progressbar",
        help="how -j shows progress: a bar (only on a terminal; the default), or a line for each new description",
    )
    call.add_argument(
        "--write", action="store_true", default=argparse.SUPPRESS, help="allow it though the profile is read-only"
    )
    call.add_argument(
        "method",
        nargs="+",
        metavar="METHOD",
        help="the method, then its arguments: each is JSON or else taken as text, and - stands for standard input",
    )

    commands.add_parser(
        "ping", help="check that the server answers", description="Call core.ping and print its answer."
    )

    subscribe = commands.add_parser(
        "subscribe",
        help="print events as they come",
        description="Subscribe to an event and print each message as a line of JSON, until interrupted.",
    )
    subscribe.add_argument("event", metavar="EVENT", help="name of the event, such as core.get_jobs")
    subscribe.add_argument("-n", "--number", type=_count, metavar="N", help="end with success after N events")
    subscribe.add_argument(
        "-t",
        "--timeout",
        type=_seconds,
        # A default here would overwrite the -t given before the subcommand.
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help="give up after this time, with exit status 5",
    )
    add_profile_parser(commands)
    add_key_parser(commands)
    return parser


def _count(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of events, which is 1 or more")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
