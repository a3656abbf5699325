"""``midclt profile``: its actions and their options."""

from __future__ import annotations

import argparse

from ..shared_options import add_actions

__all__ = ["WORK", "add_options"]

WORK = "profiles"
MECHANISMS = ("password", "api-key", "api-key-plain", "token", "none")

_SECRETS = """\
where the secret is (--secret):
  ask                   nowhere: asked for each time (the default)
  keyring               in the keyring of the system; asked for now
  file, file:PATH       in a file that only you can read; asked for now unless the file is there
  env:VARIABLE          in the environment
  command:WORDS         what a program prints, such as 'command:op read op://vault/nas/password'
  text                  in clear in the configuration; asked for now
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command, its actions and their options."""
    parser.description = "Profiles say which server, as whom, trusted how, and where the secret is."
    actions = add_actions(parser)

    add = actions.add_parser(
        "add",
        help="make a profile",
        description="Make a profile. A certificate that this machine does not trust is shown and asked about.",
        epilog=_SECRETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add.add_argument("profile_name", metavar="NAME")
    add.add_argument("addresses", metavar="ADDRESS", nargs="*", help="none: -u, or else the socket of this machine")
    # These options may also be given before the subcommand. A default here would overwrite that value.
    add.add_argument("-U", "--username", metavar="USER", default=argparse.SUPPRESS)
    add.add_argument("--mechanism", choices=MECHANISMS, help="how to sign in (default: password, with a user name)")
    add.add_argument("--secret", metavar="WHERE", default="ask", help="where the secret is: see below")
    add.add_argument("--stdin", action="store_true", help="read the secret from standard input instead of asking")
    add.add_argument(
        "--fingerprint", metavar="HEX", action="append", help="trust exactly the certificate with this SHA-256"
    )
    add.add_argument("--ca", metavar="FILE", default=argparse.SUPPRESS, help="trust what is signed by one in this file")
    add.add_argument("--insecure", action="store_true", default=argparse.SUPPRESS, help="take any certificate")
    add.add_argument("--no-channel-binding", action="store_true", default=argparse.SUPPRESS)
    add.add_argument(
        "--write",
        action="store_true",
        default=argparse.SUPPRESS,
        help="not read-only: calls may change the server, and the app opens it so",
    )
    add.add_argument("--no-password-over-ws", action="store_true", help="never send the password without TLS")
    add.add_argument("--colour", metavar="COLOUR", default="", help="shown in the app to tell connections apart")
    add.add_argument("--use", action="store_true", help="use this profile unless another is named")
    add.add_argument("--replace", action="store_true", help="replace the profile of that name")

    actions.add_parser("ls", help="list the profiles", description="List the profiles; * marks the one that is used.")
    for name, words in (
        ("show", "print a profile, without secrets"),
        ("rm", "remove a profile, and its secret from the keyring"),
        ("trust", "look at the certificate of its server, and trust it"),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("profile_name", metavar="NAME")
    use = actions.add_parser("use", help="use this profile unless another is named")
    use.add_argument("profile_name", metavar="NAME", nargs="?", help="none: use none of them")
    test = actions.add_parser("test", help="connect and sign in, saying each step")
    test.add_argument("profile_name", metavar="NAME", nargs="?", help="none: the one that is used")
    importing = actions.add_parser(
        "import",
        help="make profiles from the settings of the official curses program",
        description="Make profiles from the settings of the official curses program, which stay as they are.",
    )
    importing.add_argument("file", metavar="FILE", nargs="?", help="default: ~/.config/truenas_tui.conf")
    importing.add_argument("--replace", action="store_true", help="replace profiles of the same names")
