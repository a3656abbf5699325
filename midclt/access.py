"""Getting in: where to connect, who signs in, with which password or API key.

Options win over the environment, and a password wins over a key, as officially. A
password is asked for on the terminal itself, never on standard input, which may
carry the arguments of the call.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from truenas_client.exc import ClientException, ConnectError, OTPRequired
from truenas_client.keyfile import is_path

from .exits import CommandError, ExitStatus, status_of
from .output import is_terminal, say
from .session import Session, open_session

__all__ = ["Who", "call_timeout", "signed_in", "who"]

CALL_SECONDS = 60
"""How long a call waits for its answer unless told otherwise, as officially."""


def call_timeout(options: Namespace) -> float:
    """Seconds for a call: ``-t``, else ``CALL_TIMEOUT``, else 60. Zero counts as not given."""
    if options.timeout:
        return float(options.timeout)
    text = os.environ.get("CALL_TIMEOUT") or str(CALL_SECONDS)
    if not text.isdecimal() or not int(text):
        raise CommandError(f"CALL_TIMEOUT is {text!r} and should be a number of seconds", ExitStatus.USAGE)
    return float(int(text))


@dataclass(frozen=True, slots=True)
class Who:
    """Who signs in, as options and environment say; at most one of the secrets is set."""

    username: str | None
    password: str | None = field(repr=False)
    api_key: str | None = field(repr=False)


def who(options: Namespace) -> Who:
    """Whoever signs in. What an option gives is preferred to what the environment gives."""
    username = options.username or os.environ.get("TRUENAS_USERNAME") or None
    for password, key in (
        (options.password, options.api_key),
        (os.environ.get("TRUENAS_PASSWORD"), os.environ.get("TRUENAS_API_KEY")),
    ):
        if password or key:
            return Who(username, password or None, None if password else key)
    return Who(username, None, None)


@contextmanager
def signed_in(options: Namespace) -> Iterator[Session]:
    """A session, signed in when a user name is known. Raises `CommandError` when there is no way in."""
    given = who(options)
    username, password = given.username, given.password
    if is_terminal(sys.stderr):
        _warn_of_arguments(options)
    if options.password and username is None:
        say("midclt: -P without -U: nobody is signed in")
    if options.api_key and username is None:
        raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
    if username is not None and password is None and given.api_key is None:
        password = _ask(f"Password for {username}: ")
        if password is None:
            raise CommandError(
                f"No password for {username}: set TRUENAS_PASSWORD, give -P, or run this in a terminal",
                ExitStatus.AUTHENTICATION,
            )
    session = _connected(options)
    try:
        if username is not None and given.api_key is not None:
            _login_with_key(session, username, given.api_key, options)
        elif username is not None and password is not None:
            _login(session, username, password)
        yield session
    finally:
        session.close()


def _connected(options: Namespace) -> Session:
    uri = options.uri or os.environ.get("TRUENAS_URI") or None
    try:
        return open_session(uri, verify_ssl=not options.insecure)
    except ConnectError as e:
        from ssl import SSLCertVerificationError

        hint = ""
        if isinstance(e, SSLCertVerificationError):
            hint = (
                "\nMake this machine trust the certificate, or use --insecure to take any"
                " (then whoever is in between can read what is sent)."
            )
        raise CommandError(e.error + hint, status_of(e)) from e


def _warn_of_arguments(options: Namespace) -> None:
    if options.password:
        say("midclt: other users of this machine can see what -P is given; TRUENAS_PASSWORD or the prompt hides it")
    if options.api_key and not is_path(options.api_key):
        say("midclt: other users of this machine can see what -K is given; a file or TRUENAS_API_KEY hides it")


def _login_with_key(session: Session, username: str, key: str, options: Namespace) -> None:
    try:
        session.login_with_key(username, key, plain=options.plain, channel_binding=not options.no_channel_binding)
    except ClientException as e:
        raise CommandError(f"Failed to login: {e.error}", status_of(e)) from e


def _login(session: Session, username: str, password: str) -> None:
    try:
        try:
            session.login(username, password)
        except OTPRequired as e:
            # Asked between two attempts: Ctrl-C works, and the server waits for nobody.
            token = _ask(f"One-time password for {username}: ")
            if token is None:
                raise
            try:
                session.login(username, password, token)
            except OTPRequired as again:
                raise again from e
    except ClientException as e:
        raise CommandError(f"Failed to login: {e.error}", status_of(e)) from e


def _ask(prompt: str) -> str | None:
    """Ask on the terminal, without showing what is typed; None when there is none, or nothing was given."""
    if os.name == "posix":
        # Looked at first, because getpass would fall back on standard input.
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        except OSError:
            return None
    from getpass import getpass

    try:
        return getpass(prompt) or None
    except EOFError:
        return None
