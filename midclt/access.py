"""Connect: which address, trusted how. `signed_in` is the door of every command that talks to a server.

Options win over the environment, the environment over the profile. Nothing that only a sign-in needs is loaded here:
on the server itself no sign-in is needed (`midclt.signing` does it elsewhere).
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any

from .exits import CommandError, ExitStatus, status_of
from .output import is_terminal, say, server_name, shell_words, warn

if TYPE_CHECKING:
    from truenas_client.endpoint import Endpoint
    from truenas_client.exc import ConnectError
    from truenas_client.secrets.value import Secret
    from truenas_client.storage import Choice
    from truenas_client.sync.client import Client
    from truenas_client.tls_choice import TLS

    from .agent.joining import Way
    from .signing import Who

__all__ = [
    "call_timeout",
    "chosen",
    "chosen_profile",
    "client_settings",
    "connected",
    "environment",
    "logged",
    "out_of_time",
    "secret_before_input",
    "sign_in_for",
    "signed_in",
    "trust_of",
    "unconnected",
    "who_signs_in_here",
]

CALL_SECONDS = 60
"""How long a call waits for its answer by default, as in the official command."""


def call_timeout(options: Namespace) -> float:
    """How many seconds a call may take: ``-t``, else ``CALL_TIMEOUT``, else 60. Zero counts as not given."""
    text = os.environ.get("CALL_TIMEOUT") or str(CALL_SECONDS)
    if not text.isdecimal() or not int(text):
        raise CommandError(f"CALL_TIMEOUT is {text!r} and should be a number of seconds", ExitStatus.USAGE)
    return float(options.timeout or int(text))


def trust_of(options: Namespace) -> TLS | None:
    """The TLS choice of the options; None where they make none."""
    if not options.insecure and not options.ca:
        return None
    if options.insecure and options.ca:
        raise CommandError("--insecure accepts any certificate and --ca only some: give one of them", ExitStatus.USAGE)
    from truenas_client.tls_choice import TLS

    return TLS.insecure() if options.insecure else TLS.authority(options.ca)


def environment(options: Namespace) -> Mapping[str, str]:
    """The environment that stands in for options. Of several servers each is as its profile says, so there is none."""
    return {} if options.on else os.environ


def chosen(options: Namespace) -> Choice:
    """The address, the user and the TLS choice from options, environment and profile.

    Raises `InvalidProfile`, and `InvalidEndpoint` for an address that makes no sense.
    """
    from truenas_client.endpoint import parse
    from truenas_client.exc import InvalidEndpoint
    from truenas_client.storage.choosing import choose

    try:
        choice = choose(
            environment(options),
            profile=options.profile,
            uri=options.uri,
            username=options.username,
            tls=trust_of(options),
        )
        parse(choice.address)
    except InvalidEndpoint as e:
        where = " (TRUENAS_URI)" if not options.uri and os.environ.get("TRUENAS_URI") else ""
        raise CommandError(e.error + where, ExitStatus.USAGE) from e
    return choice


def chosen_profile(options: Namespace) -> tuple[Choice, str]:
    """The profile that is named, or the one that is used, and its name. Raises `CommandError` without one."""
    options.profile = options.name_of_profile or options.profile
    choice = chosen(options)
    if choice.profile is None:
        raise CommandError("Name a profile (midclt profile add makes one)", ExitStatus.USAGE)
    return choice, choice.profile.name


def _origin(choice: Choice) -> str:
    """Where an address came from that the user did not give on the command line."""
    if server_name():
        return ""  # the name stands before the line
    if choice.profile is not None and choice.address in choice.profile.addresses:
        return f" (profile {choice.profile.name})"
    return " (TRUENAS_URI)" if choice.address and choice.address == os.environ.get("TRUENAS_URI") else ""


def secret_before_input(options: Namespace) -> Secret | None:
    """Read the secret that `signed_in` would read from standard input; None where it would read none.

    A command that reads arguments from standard input calls this first, because the secret is the first line.
    """
    from .asking import has_terminal

    choice = chosen(options)
    if has_terminal() or not _may_sign_in(options, choice):
        return None
    from .agent.quick import mode_of

    if mode_of(options) == "require":
        return None  # the agent has the sign-in, or the secret comes from elsewhere: the input holds arguments only
    from .signing import secret_on_input

    return secret_on_input(options, choice)


@contextmanager
def signed_in(options: Namespace, secret: Secret | None = None, *, optional: bool = False) -> Iterator[Client]:
    """A connected client, signed in when the user is known; it is closed at the end of the block.

    This is how a command gets its client: ``with signed_in(options) as client: client.call(...)``. ``secret`` is the
    result of `secret_before_input`, if that was called. With ``optional`` the client stays unsigned where a part of
    the sign-in is missing. Raises `CommandError` when connecting or signing in fails.
    """
    choice = chosen(options)
    through, who = sign_in_for(options, choice, secret, optional=optional)
    began = monotonic()
    with connected(options, choice, through=through) as client:
        if who is not None:
            from .signing import sign_in

            left = max(options.timeout - (monotonic() - began), 0.001) if options.timeout else None
            sign_in(client, who, options, left)
        yield client


def sign_in_for(
    options: Namespace, choice: Choice, secret: Secret | None = None, *, optional: bool = False
) -> tuple[Way | None, Who | None]:
    """The way to the server through the agent, signed in, or else the user to sign in; neither where none is needed.

    Call it before connecting: the server drops a connection on which nothing is said while the user types.
    """
    from .agent.quick import mode_of

    through = None
    if choice.profile is not None or mode_of(options) not in ("auto", "never"):
        from .agent.joining import way_of

        through = way_of(options, choice, secret, optional=optional)
    who = None if through is not None else who_signs_in_here(options, choice, secret, optional=optional)
    return through, who


def who_signs_in_here(
    options: Namespace, choice: Choice, secret: Secret | None = None, *, optional: bool = False
) -> Who | None:
    """The user to sign in and the secret; None where no sign-in is needed. Raises `CommandError`."""
    if choice.accepts is not None and not choice.accepts.verify and is_terminal(sys.stderr):
        say("midclt: any certificate is accepted: another machine can intercept and change the connection")
    if not _may_sign_in(options, choice):
        return None
    from .signing import who_signs_in

    return who_signs_in(options, choice, secret, optional=optional)


def _may_sign_in(options: Namespace, choice: Choice) -> bool:
    given = (options.password, options.api_key, choice.username, choice.profile)
    return any(given) or any(environment(options).get(name) for name in ("TRUENAS_PASSWORD", "TRUENAS_API_KEY"))


@contextmanager
def connected(options: Namespace, choice: Choice, *, through: Way | None = None) -> Iterator[Client]:
    """A client that is not signed in, closed at the end of the block; its calls may take as long as `call_timeout`.

    ``through`` is the result of `sign_in_for`: then the client is signed in.

    Raises `CommandError`, which says what the user can do about a refused certificate.
    """
    from truenas_client.dialing import ConnectLimits
    from truenas_client.exc import ConnectError
    from truenas_client.sync.client import Client

    until = monotonic() + options.timeout if options.timeout else None
    limits = ConnectLimits(until=until) if until else None
    with nullcontext() if server_name() else logged() as log:
        try:
            client = Client(limits=limits, **client_settings(options, choice, through))
        except ConnectError as e:
            if until and monotonic() >= until:
                from truenas_client.endpoint import parse

                raise out_of_time(options, parse(choice.address), "connection") from e
            raise unconnected(e, choice) from e
        try:
            yield client
        finally:
            if log is not None:
                # The command is over, so warnings about the closing connection would only confuse.
                log.level = SILENT
            client.close()


def client_settings(options: Namespace, choice: Choice, through: Way | None) -> dict[str, Any]:
    """What both kinds of client take."""
    address, *others = choice.addresses if through is None else (through.address,)
    tls = choice.accepts if through is None else None
    timeout = call_timeout(options)
    return {
        "uri": address, "also": others, "tls": tls, "call_timeout": timeout, "on_warning": warn, "through": through,
    }  # fmt: skip


def out_of_time(options: Namespace, endpoint: Endpoint, what: str) -> CommandError:
    """The error for a connection or a sign-in that took longer than ``-t`` allows."""
    return CommandError(f"{endpoint.text}: no {what} within {options.timeout:g} s", ExitStatus.CONNECTION)


SILENT = 1000
"""A level above all of `logging`."""


@contextmanager
def logged() -> Iterator[Any]:
    """Print each warning of the core as one line, without a traceback, for the time of the block."""
    import logging

    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: say(f"midclt: {record.getMessage()}")  # type: ignore[method-assign]
    logging.getLogger("truenas_client").addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger("truenas_client").removeHandler(handler)


def unconnected(error: ConnectError, choice: Choice) -> CommandError:
    """The error to show for a connection that could not be made: one line, for a certificate with what can be done."""
    if "ssl" in sys.modules:
        from ssl import SSLCertVerificationError

        if isinstance(error, SSLCertVerificationError):
            return CommandError(_about_certificate(error, choice), status_of(error))
    return CommandError(shell_words(error.error) + _origin(choice), status_of(error))


def _about_certificate(error: ConnectError, choice: Choice) -> str:
    from truenas_client.exc import FingerprintMismatch

    # The first sentence says what is wrong. What to do follows in words of this command.
    wrong = error.error.partition("\n" if isinstance(error, FingerprintMismatch) else ". To go on")[0].rstrip(".")
    own = choice.profile is not None and choice.address in choice.profile.addresses
    command = f"midclt profile trust {choice.profile.name}" if own and choice.profile else "midclt profile add"
    if isinstance(error, FingerprintMismatch):
        return (
            f"{wrong}. Trusted: {' or '.join(error.expected)}; shown: {error.seen}. If it was renewed, compare it with "
            f"the server's own, then: {command}; if not, another machine may intercept the connection"
        )
    if choice.tls.ca_file is not None:
        return (
            f"{wrong}. {command}, without --ca, shows it and asks whether to trust it; or name the file of its issuer"
        )
    return (
        f"{wrong}. {command} shows it and asks whether to trust it; --ca FILE trusts its issuer; --insecure accepts "
        "any certificate, and another machine can then intercept the connection"
    )
