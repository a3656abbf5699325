"""Getting in: where to connect, who signs in, with which secret.

Options win over the environment, the environment over the profile; a password wins
over a key, as officially. What is asked for is asked on the terminal itself; without
one it is the first line of standard input, before the arguments of the call.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from truenas_client.endpoint import parse
from truenas_client.exc import ClientException, ConnectError, FingerprintMismatch, InvalidCredentials, OTPRequired
from truenas_client.secrets.value import Ask, Reference
from truenas_client.storage import Choice, Known, choose
from truenas_client.storage.key_files import is_path
from truenas_client.storage.secret_store import resolve
from truenas_client.trust import TLS

from .asking import ask as _ask
from .asking import has_terminal
from .exits import CommandError, ExitStatus, status_of
from .output import is_terminal, say, warn
from .session import Session, open_session

__all__ = ["Who", "call_timeout", "chosen", "connected", "secret_before_input", "signed_in", "trust_of", "who"]

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


def trust_of(options: Namespace) -> TLS | None:
    """How the options say that the server is to be trusted; None where they do not."""
    if options.insecure and options.ca:
        raise CommandError("--insecure accepts any certificate and --ca only some: give one of them", ExitStatus.USAGE)
    if options.insecure:
        return TLS.insecure()
    return TLS.authority(options.ca) if options.ca else None


def chosen(options: Namespace) -> Choice:
    """Where to connect and as whom, by options, environment and profile. Raises `InvalidProfile`."""
    return choose(
        os.environ, profile=options.profile, uri=options.uri, username=options.username, tls=trust_of(options)
    )


@dataclass(frozen=True, slots=True)
class Who:
    """Who signs in and how; the secret itself, or where the profile has it, or neither: then it is asked for."""

    username: str | None
    mechanism: str
    """One of `truenas_client.storage.MECHANISMS`."""
    secret: str | None = field(default=None, repr=False)
    reference: Reference | None = None


def who(options: Namespace, choice: Choice) -> Who:
    """Whoever signs in. What an option gives is preferred to what the environment gives, and that to the profile."""
    username, profile = choice.username, choice.profile
    key_mechanism = "api-key-plain" if options.plain else "api-key"
    for password, key in (
        (options.password, options.api_key),
        (os.environ.get("TRUENAS_PASSWORD"), os.environ.get("TRUENAS_API_KEY")),
    ):
        if password or key:
            if username is None and not password and _old_protocol(choice):
                return Who("", "api-key-plain", key)  # its login takes the key alone
            if username is None:
                return Who(None, "none", password or key)
            return Who(username, "password" if password else key_mechanism, password or key)
    if choice.entrusted and profile is not None:
        mechanism = key_mechanism if options.plain and profile.mechanism == "api-key" else profile.mechanism
        return Who(username, mechanism, None, profile.secret)
    return Who(username, "none" if username is None else "password")


def _old_protocol(choice: Choice) -> bool:
    """Whether the address itself asks for the old protocol."""
    return choice.address is not None and parse(choice.address).is_legacy


def secret_before_input(options: Namespace) -> str | None:
    """The secret that `signed_in` would take from standard input, for who reads that next; None where it takes none."""
    if has_terminal():
        return None
    choice = chosen(options)
    given = who(options, choice)
    kept = given.secret is not None or not isinstance(given.reference, Ask | None)
    return None if given.mechanism == "none" or kept else _obtain(given, choice)


@contextmanager
def signed_in(options: Namespace, secret: str | None = None) -> Iterator[Session]:
    """A session, signed in when it is known who is. Raises `CommandError` when there is no way in.

    ``secret`` is what `secret_before_input` returned, where that was called.
    """
    choice = chosen(options)
    given = who(options, choice)
    if is_terminal(sys.stderr):
        _warn_of_arguments(options)
        if not choice.tls.verify:
            say("midclt: any certificate is accepted: another machine can intercept and change the connection")
    if options.password and given.username is None:
        say("midclt: -P without -U: not signing in")
    if options.api_key and given.username is None:
        raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
    secret = secret or given.secret
    if given.mechanism != "none" and secret is None:
        secret = _obtain(given, choice)
    session = connected(choice, options.timeout or None)
    try:
        if given.mechanism != "none" and secret is not None:
            try:
                _sign_in(session, given, secret, options, choice)
            except ClientException as e:
                raise CommandError(f"Failed to login: {e.error}", status_of(e)) from e
        yield session
    finally:
        session.close()


def _obtain(given: Who, choice: Choice) -> str:
    """The secret from where the profile has it, or from the person."""
    if given.reference is not None and not isinstance(given.reference, Ask):
        return resolve(given.reference, warn=warn).reveal()
    noun = {"password": "Password", "token": "Token"}.get(given.mechanism, "API key")
    secret = _ask(f"{noun} for {given.username or choice.address or 'this machine'}: ")
    if secret is None:
        way = "set TRUENAS_PASSWORD, give -P," if noun == "Password" else "have the profile say where it is,"
        profile = choice.profile
        if profile is not None and not choice.entrusted and not isinstance(profile.secret, Ask):
            way = f"the one of profile {profile.name} is for its own address and user only; {way}"
        raise CommandError(
            f"No {noun[0].lower() + noun[1:] if noun != 'API key' else noun} for {given.username}: {way} "
            "give it as the first line of standard input, or run this in a terminal",
            ExitStatus.AUTHENTICATION,
        )
    return secret


def connected(choice: Choice, timeout: float | None = None) -> Session:
    """A session that is not signed in; ``timeout`` is in seconds, for that and for signing in.

    Raises `CommandError` with what can be done about a refused certificate.
    """
    address, *others = choice.addresses
    try:
        also = [other for other in others if other is not None]
        return open_session(address, tls=choice.tls, also=also, timeout=timeout)
    except ConnectError as e:
        from ssl import SSLCertVerificationError

        hint = ""
        own = choice.profile is not None and choice.address in choice.profile.addresses
        command = f"midclt profile trust {choice.profile.name}" if own and choice.profile else "midclt profile add"
        if isinstance(e, FingerprintMismatch):
            hint = f"\nTo trust the new one: {command}"
        elif isinstance(e, SSLCertVerificationError) and choice.tls.ca_file is not None:
            hint = f"\nTo trust this certificate, shown first: {command}, without --ca."
        elif isinstance(e, SSLCertVerificationError):
            hint = (
                f"\nTo trust this certificate, shown first: {command}. To trust its issuer: --ca"
                " FILE. To accept any certificate: --insecure (another machine can then intercept the connection)."
            )
        raise CommandError(e.error + hint, status_of(e)) from e


def _warn_of_arguments(options: Namespace) -> None:
    if options.password:
        say("midclt: other users of this machine can see the value of -P; TRUENAS_PASSWORD or the prompt hides it")
    if options.api_key and not is_path(options.api_key):
        say("midclt: other users of this machine can see the value of -K; a file or TRUENAS_API_KEY hides it")


def _sign_in(session: Session, given: Who, secret: str, options: Namespace, choice: Choice) -> None:
    profile, username = choice.profile, given.username or ""
    if given.mechanism == "token":
        session.login_with_token(secret)
    elif given.mechanism == "password":
        _login(session, username, secret, allow_exposed=profile is None or profile.password_over_ws)
    else:
        known = Known()
        binding = not options.no_channel_binding and (profile is None or profile.channel_binding)
        plain = given.mechanism == "api-key-plain"
        # Who says --plain now means it; what a profile has said once does not outweigh what was seen since.
        seen = not options.plain and known.scram_seen(session.endpoint)
        if session.login_with_key(username, secret, plain=plain, channel_binding=binding, known_scram=seen) == "SCRAM":
            known.remember_scram(session.endpoint)


def _login(session: Session, username: str, password: str, *, allow_exposed: bool) -> None:
    # Asked between two attempts: Ctrl-C works, and the server waits for nobody.
    token: str | None = None
    while True:
        try:
            return session.login(username, password, token, allow_exposed=allow_exposed)
        except OTPRequired:
            # The server asks, and may ask again after a wrong one.
            refused = token is not None
            token = _ask(f"One-time password for {username}{', the last was wrong' if refused else ''}: ")
            if token is None:
                raise
        except InvalidCredentials:
            # The old protocol says no to a password that is right and needs a one-time password too.
            if not session.endpoint.is_legacy or token is not None or not has_terminal():
                raise
            token = _ask(f"One-time password for {username} (nothing, if the account has none): ")
            if token is None:
                raise
