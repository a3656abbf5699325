"""The options of midclt, and the table of its subcommands, which define their own options.

Scripts abbreviate the long options of the official command to a unique prefix (``--t``,
``--in``). Do not add an option that makes one of these prefixes ambiguous. The tests hold
the list.
"""

from __future__ import annotations

import argparse
from functools import cached_property
from importlib import import_module

from truenas_client import __version__

from .shared_options import seconds

__all__ = ["COMMANDS", "get_parser", "subparsers"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

COMMANDS = {
    "call": "call a method",
    "ping": "check that the server answers",
    "subscribe": "print events as they come",
    "query": "find rows: filter, select, sort, and print a table, CSV, YAML, ...",
    "methods": "list methods, or find them by a few letters",
    "explain": "what a method does, takes and returns",
    "template": "the smallest valid arguments of a method",
    "events": "list the events to subscribe to",
    "watch": "show the rows of a query as they change",
    "jobs": "list jobs, wait for one, stop one",
    "batch": "many calls in one run, ten at a time",
    "compare": "what differs between the answers of several servers",
    "bulk": "one method many times, as jobs of the server",
    "run": "make a saved call, with values for its variables",
    "saved": "list, show, import, export and remove saved calls",
    "download": "store the file that a method writes",
    "upload": "send a file to a method",
    "profile": "remember servers: addresses, users, where secrets are, which certificate to trust",
    "login": "sign a profile in and have the agent keep it",
    "logout": "have the agent forget a profile's sign-in",
    "agent": "the process that keeps sign-ins: start, status, stop, lock, forget",
    "key": "make, list and delete API keys; prepare one for faster logins",
    "sessions": "list and end sessions",
    "whoami": "the user, the rights and the session",
    "doctor": "each step to the server, timed, up to the one that fails",
    "version": "the versions of this program and of the server",
    "stubs": "type stubs of the server's methods, for editors and type checkers",
    "simulate": "a simulated TrueNAS to try things on",
    "completion": "a script for bash, zsh or fish that completes words",
}
"""The subcommands in the order of the help: a module of `midclt.commands`, and its line in the help."""

_ENVIRONMENT = """\
environment:
  TRUENAS_URI, TRUENAS_USERNAME, TRUENAS_PASSWORD, TRUENAS_API_KEY
                        stand in for -u, -U, -P and -K; options win
  TRUENAS_PROFILE       stands in for --profile; what it says yields to all of these
  CALL_TIMEOUT          stands in for -t with call (whole seconds, default 60)
  MIDCLT_AGENT          stands in for --agent
  MIDCLT_OUTPUT         stands in for -o
  MIDCLT_EXIT=compat    exit with 1 where this command would exit with 3 to 9
  MIDCLT_TRACE=1        tell where an error of this program itself arose

exit status:
  0 success, 1 error, 2 usage, 3 connection, 4 sign-in or permission, 5 time-out, 6 arguments refused,
  7 job failed or aborted, 8 rate limit, 9 some of several servers failed, 130 interrupted, 141 output closed,
  143 terminated

examples:
  midclt call system.info
  midclt -u wss://nas.example/api/current -U admin call pool.query '[["name", "=", "tank"]]'
  midclt -u nas.example -U admin -K ~/.nas_key call pool.query
  midclt call -j pool.scrub.scrub tank START
  midclt profile add lab nas.example -U admin --secret keyring && midclt --profile lab call system.info
  midclt call user.create - < user.json
  midclt subscribe -n 5 'reporting.realtime:{"interval": 2}'
  midclt batch pool.dataset.create --each '{"name": "tank/{}"}' --failed again.ndjson < names.txt
  midclt run nightly/datasets --set pool=tank
  midclt jobs watch 4211
  midclt --on lab,prod query pool
  midclt -u nas.example -U admin doctor
"""


def get_parser(*, whole: bool = True) -> argparse.ArgumentParser:
    """A new parser. Building it reads no environment and no file.

    ``whole`` adds the options of all subcommands, as a manual page needs them. Otherwise only the used subcommand adds
    its options.
    """
    parser = _Parser(
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
        help="an API key of the user, or the absolute path of a file with one (which no other user should read)",
    )
    parser.add_argument(
        "--otp", metavar="CODE", help="the one-time password; without it one is asked for where the server wants it"
    )
    parser.add_argument("--otp-command", metavar="WORDS", help="a program that prints the one-time password")
    parser.add_argument(
        "-t",
        "--timeout",
        type=seconds,
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
        "--agent",
        choices=("auto", "never", "require"),
        help="whether the agent keeps the sign-in of a profile for the next commands (see midclt agent -h); default: "
        "MIDCLT_AGENT, else auto",
    )
    parser.add_argument(
        "--on",
        metavar="NAMES",
        help="on the servers of several profiles at once, such as lab,prod, or all of them: all (call, run, query, "
        "compare, ping, whoami, version, jobs ls, sessions ls)",
    )
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
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="on a terminal too, all of an error: the server's trace and data"
    )

    commands = parser.add_subparsers(
        dest="name",
        metavar="<subcommand>",
        title="subcommands",
        prog="midclt",  # argparse would format a usage line to find this, and load what measures the terminal
        parser_class=_CommandParser,  # type: ignore[type-var]
    )
    for name, words in COMMANDS.items():
        commands.add_parser(name, help=words, command=name)
    if whole:
        for name, lazy in list(commands.choices.items()):
            commands.choices[name] = lazy.made  # type: ignore[assignment]
    return parser


def subparsers(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """The parsers of the commands or actions of a parser, by their names."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


class _Parser(argparse.ArgumentParser):
    """The parser of the words before the command."""

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        """What an abbreviation may mean. Not ``--agent``, which would take ``--a`` from ``--api-key``."""
        return [found for found in super()._get_option_tuples(option_string) if found[1] != "--agent"]


class _CommandParser:
    """The parser of one command, made when it has words to parse; then the command's module is imported too."""

    def __init__(self, *, command: str, **settings: Any) -> None:
        self._command, self._settings = command, settings

    @cached_property
    def made(self) -> argparse.ArgumentParser:
        """The real parser."""
        module = import_module(f"midclt.commands.{self._command}")
        parser = _Options(**self._settings)
        parser.dashed = getattr(module, "DASHED", ())
        module.add_options(parser)
        return parser

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made, name)


class _Options(argparse.ArgumentParser):
    """The parser of the words behind a command or an action.

    As argparse's, except that options may stand between the arguments of a call, and that the value of an option that
    ``dashed`` names may begin with a dash.
    """

    dashed: Sequence[str] = ()

    def parse_known_args(self, args: Sequence[str], namespace: Any = None) -> Any:  # type: ignore[override]
        words: list[str] = []
        for word in args:
            if words and words[-1] in self.dashed and word[:1] == "-" and word[:2] != "--":
                words[-1] += f"={word}"
            else:
                words.append(word)
        options, left = super().parse_known_args(words, namespace)
        many = next((action.dest for action in self._get_positional_actions() if action.nargs in ("*", "+")), None)
        if many is None:
            return options, left
        # argparse takes only the arguments before the first option that follows one.
        end = left.index("--") if "--" in left else len(left)
        unknown = [word for word in left[:end] if self._parse_optional(word) is not None]
        behind = [word for word in left[:end] if word not in unknown] + left[end + 1 :]
        if behind:
            setattr(options, many, [*getattr(options, many), *behind])
        return options, unknown
