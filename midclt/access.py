"""Connect and sign in: which address, which user, which secret.

Options win over the environment, the environment over the profile. A password wins over
a key, as in the official command. When no secret is given, the command asks for it on the
terminal. Without a terminal it reads the secret from the first line of standard input,
before the arguments of the call.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from truenas_client.endpoint import parse
from truenas_client.exc import ClientException, ConnectError, FingerprintMismatch, InvalidCredentials, OTPRequired
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Choice, Profile, choose
from truenas_client.storage.key_files import is_path
from truenas_client.storage.secret_store import resolve
from truenas_client.trust import TLS

from .asking import ask as _ask
from .asking import has_terminal
from .exits import CommandError, ExitStatus, status_of
from .output import is_terminal, say, warn
from .session import Session, open_session

__all__ = ["call_timeout", "chosen", "connected", "secret_before_input", "signed_in", "trust_of", "who"]

CALL_SECONDS = 60
"""How long a call waits for its answer by default, as in the official command."""


def call_timeout(options: Namespace) -> float:
    """How many seconds a call may take: ``-t``, else ``CALL_TIMEOUT``, else 60. Zero counts as not given."""
    if options.timeout:
        return float(options.timeout)
    text = os.environ.get("CALL_TIMEOUT") or str(CALL_SECONDS)
    if not text.isdecimal() or not int(text):
        raise CommandError(f"CALL_TIMEOUT is {text!r} and should be a number of seconds", ExitStatus.USAGE)
    return float(int(text))


def trust_of(options: Namespace) -> TLS | None:
    """The TLS choice of the options; None where they make none."""
    if options.insecure and options.ca:
        raise CommandError("--insecure accepts any certificate and --ca only some: give one of them", ExitStatus.USAGE)
    if options.insecure:
        return TLS.insecure()
    return TLS.authority(options.ca) if options.ca else None


def chosen(options: Namespace) -> Choice:
    """The address, the user and the TLS choice from options, environment and profile. Raises `InvalidProfile`."""
    return choose(
        os.environ, profile=options.profile, uri=options.uri, username=options.username, tls=trust_of(options)
    )


def who(options: Namespace, choice: Choice) -> tuple[Profile, Secret | None]:
    """The user and the mechanism, as a profile (one without a name if none is used), and the given secret.

    Without a given secret, the profile names the place of the secret. Options win over the environment, the environment
    over the profile.
    """
    own = choice.profile or Profile(name="")
    binding = own.channel_binding and not options.no_channel_binding
    user = replace(own, username=choice.username or "", secret=Ask(), channel_binding=binding)
    key_mechanism = "api-key-plain" if options.plain else "api-key"
    for password, key in (
        (options.password, options.api_key),
        (os.environ.get("TRUENAS_PASSWORD"), os.environ.get("TRUENAS_API_KEY")),
    ):
        if given := password or key:
            mechanism = "password" if password else key_mechanism
            if not user.username:
                # The login of the old protocol takes the key without a user name.
                mechanism = "api-key-plain" if not password and _old_protocol(choice) else "none"
            return replace(user, mechanism=mechanism), Secret(given)
    if choice.entrusted:
        mechanism = key_mechanism if options.plain and own.mechanism == "api-key" else own.mechanism
        return replace(user, mechanism=mechanism, secret=own.secret), None
    return replace(user, mechanism="password" if user.username else "none"), None


def _old_protocol(choice: Choice) -> bool:
    """Whether the address asks for the old protocol."""
    return choice.address is not None and parse(choice.address).is_legacy


def secret_before_input(options: Namespace) -> Secret | None:
    """Read the secret that `signed_in` would read from standard input; None where it would read none.

    A command that reads arguments from standard input calls this first, because the secret is the first line.
    """
    if has_terminal():
        return None
    choice = chosen(options)
    profile, given = who(options, choice)
    kept = given is not None or not isinstance(profile.secret, Ask)
    return None if profile.mechanism == "none" or kept else _obtain(profile, choice)


@contextmanager
def signed_in(options: Namespace, secret: Secret | None = None) -> Iterator[Session]:
    """A session, signed in when the user is known. Raises `CommandError` when connecting or signing in fails.

    ``secret`` is the result of `secret_before_input`, if that was called.
    """
    choice = chosen(options)
    profile, given = who(options, choice)
    if is_terminal(sys.stderr):
        _warn_of_arguments(options)
        if not choice.tls.verify:
            say("midclt: any certificate is accepted: another machine can intercept and change the connection")
    if options.password and not profile.username:
        say("midclt: -P without -U: not signing in")
    if options.api_key and not profile.username and profile.mechanism == "none":
        raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
    secret = secret or given
    if profile.mechanism != "none" and secret is None:
        secret = _obtain(profile, choice)
    session = connected(choice, options.timeout or None)
    try:
        if profile.mechanism != "none" and secret is not None:
            try:
                _sign_in(session, profile, secret, said_plain=options.plain)
            except ClientException as e:
                raise CommandError(f"Failed to login: {e.error}", status_of(e)) from e
        yield session
    finally:
        session.close()


def _obtain(profile: Profile, choice: Choice) -> Secret:
    """Read the secret from the place that the profile names, or ask the user."""
    if not isinstance(profile.secret, Ask):
        return resolve(profile.secret, warn=warn)
    noun = {"password": "Password", "token": "Token"}.get(profile.mechanism, "API key")
    user = profile.username or choice.address or "this machine"
    secret = _ask(f"{noun} for {user}: ")
    if secret is None:
        way = "set TRUENAS_PASSWORD, give -P," if noun == "Password" else "have the profile say where it is,"
        own = choice.profile
        if own is not None and not choice.entrusted and not isinstance(own.secret, Ask):
            way = f"the one of profile {own.name} is for its own address and user only; {way}"
        raise CommandError(
            f"No {noun[0].lower() + noun[1:] if noun != 'API key' else noun} for {user}: {way} "
            "give it as the first line of standard input, or run this in a terminal",
            ExitStatus.AUTHENTICATION,
        )
    return Secret(secret)


def connected(choice: Choice, timeout: float | None = None) -> Session:
    """A session that is not signed in. ``timeout`` is in seconds, for connecting and signing in together.

    Raises `CommandError`, which says what the user can do about a refused certificate.
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


def _sign_in(session: Session, profile: Profile, secret: Secret, *, said_plain: bool) -> None:
    # Ask for a one-time password between two attempts. Then Ctrl-C works, and no login is pending on the server while
    # the user types.
    username, token = profile.username, None
    while True:
        try:
            session.sign_in(profile, secret, token, said_plain=said_plain)
        except OTPRequired:
            # The server asks for one, and may ask again after a wrong one.
            refused = token is not None
            token = _ask(f"One-time password for {username}{', the last was wrong' if refused else ''}: ")
            if token is None:
                raise
        except InvalidCredentials:
            # The old protocol answers "false" also to a right password that needs a one-time password too.
            old = profile.mechanism == "password" and session.endpoint.is_legacy
            if not old or token is not None or not has_terminal():
                raise
            token = _ask(f"One-time password for {username} (nothing, if the account has none): ")
            if token is None:
                raise
        else:
            return
