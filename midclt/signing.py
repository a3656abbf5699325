"""Sign in: which user, which secret, which one-time password.

A password wins over a key, as in the official command. When no secret is given, the command asks for it on the
terminal. Without a terminal it reads the secret from the first line of standard input, before the arguments of the
call, and a one-time password from the next.
"""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from truenas_client.endpoint import parse
from truenas_client.exc import CallTimeout, ClientException, SecretUnavailable
from truenas_client.secrets.value import Ask, Command, Secret
from truenas_client.storage import Choice, Profile
from truenas_client.storage.key_files import is_path
from truenas_client.storage.secret_store import resolve
from truenas_client.sync.profile_login import sign_in as log_in

from .access import environment, out_of_time
from .asking import ask as _ask
from .asking import has_terminal
from .exits import CommandError, ExitStatus, status_of
from .output import is_terminal, say, shell_words, warn

if TYPE_CHECKING:
    from truenas_client.auth.flow import Login
    from truenas_client.sync.client import Client

__all__ = ["Who", "codes_for", "refused", "secret_on_input", "sign_in", "who", "who_signs_in"]


class Who(NamedTuple):
    """The user and the mechanism, as a profile, and the secret."""

    profile: Profile
    secret: Secret


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
        (environment(options).get("TRUENAS_PASSWORD"), environment(options).get("TRUENAS_API_KEY")),
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


def secret_on_input(options: Namespace, choice: Choice) -> Secret | None:
    """Read the secret now if it will come from standard input."""
    profile, given = who(options, choice)
    kept = given is not None or not isinstance(profile.secret, Ask)
    return None if profile.mechanism == "none" or kept else _obtain(profile, choice, options)


def who_signs_in(options: Namespace, choice: Choice, secret: Secret | None, *, optional: bool) -> Who | None:
    """The user and the secret, asked for where no option gives it; None where no sign-in is needed.

    With ``optional`` it is None too where a part is missing. Raises `CommandError`.
    """
    profile, given = who(options, choice)
    if is_terminal(sys.stderr):
        _warn_of_arguments(options)
    if options.password and not profile.username:
        say("midclt: -P without -U: not signing in")
    if profile.mechanism == "none":
        if options.api_key and not profile.username and not optional:
            raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
        return None
    try:
        return Who(profile, secret or given or _obtain(profile, choice, options))
    except (CommandError, SecretUnavailable) as e:
        if not optional or (isinstance(e, CommandError) and e.status is ExitStatus.USAGE):
            raise
        return None


def _obtain(profile: Profile, choice: Choice, options: Namespace) -> Secret:
    """Read the secret from the place that the profile names, or ask the user."""
    if not isinstance(profile.secret, Ask):
        return _one_at_a_time(options, lambda: resolve(profile.secret, warn=warn))
    noun = {"password": "Password", "token": "Token"}.get(profile.mechanism, "API key")
    user = profile.username or choice.address or "this machine"
    prompt, secret = f"{noun} for {user}{_on(options)}: ", None
    if options.on is None or options.reads_input or has_terminal():
        secret = _one_at_a_time(options, lambda: _ask(prompt))
    if secret is None:
        way = "set TRUENAS_PASSWORD, give -P," if noun == "Password" else "have the profile say where it is,"
        own = choice.profile
        if options.on:
            way = "have the profile say where it is (midclt profile add --replace),"
        elif own is not None and not choice.entrusted and not isinstance(own.secret, Ask):
            way = f"the one of profile {own.name} is for its own address and user only; {way}"
        raise CommandError(
            f"No {noun[0].lower() + noun[1:] if noun != 'API key' else noun} for {user}: {way} "
            "give it as the first line of standard input, or run this in a terminal",
            ExitStatus.AUTHENTICATION,
        )
    return Secret(secret)


T = TypeVar("T")


def _one_at_a_time(options: Namespace, ask: Callable[[], T]) -> T:
    """Ask the user, or a program that may ask: of several servers one does so at a time."""
    answer: T = options.in_main(ask) if options.on else ask()
    return answer


def _on(options: Namespace) -> str:
    """Which of several servers a question is about."""
    return f" on {options.profile}" if options.on else ""


def _warn_of_arguments(options: Namespace) -> None:
    if options.password:
        say("midclt: other users of this machine can see the value of -P; TRUENAS_PASSWORD or the prompt hides it")
    if options.api_key and not is_path(options.api_key):
        say("midclt: other users of this machine can see the value of -K; a file or TRUENAS_API_KEY hides it")
    if options.otp:
        say("midclt: other users of this machine can see the value of --otp; the prompt or --otp-command hides it")


def sign_in(client: Client, user: Who, options: Namespace, seconds: float | None = None) -> Login | None:
    """Sign a connected client in. ``seconds`` is for the whole login. Raises `CommandError`."""
    profile = user.profile
    until = monotonic() + seconds if seconds else None
    codes = codes_for(profile.username, options, old=client.dialect == "ddp")
    try:
        return log_in(client, profile, user.secret, otp_token=codes, said_plain=options.plain, seconds=seconds)
    except CallTimeout as e:
        if until is None or monotonic() < until:
            raise
        raise out_of_time(options, client.endpoint, "sign-in") from e
    except ClientException as e:
        raise refused(e, options, profile) from e


def refused(error: ClientException, options: Namespace, profile: Profile) -> CommandError:
    """The error to show for a login that failed: it says where the secret came from."""
    return CommandError(f"Failed to login: {shell_words(error.error)}{_source(options, profile)}", status_of(error))


def _source(options: Namespace, profile: Profile) -> str:
    """Where the refused secret came from, when the user may not think of it."""
    if options.password or options.api_key:
        return f" (the key is from {options.api_key})" if not options.password and is_path(options.api_key) else ""
    for noun, name in (("password", "TRUENAS_PASSWORD"), ("key", "TRUENAS_API_KEY")):
        if environment(options).get(name):
            return f" (the {noun} is from {name})"
    return "" if isinstance(profile.secret, Ask) else f" (profile {profile.name}; its secret: {profile.secret})"


def codes_for(username: str, options: Namespace, *, old: bool) -> Callable[[], str | None]:
    """A function that gives one one-time password after the other: from the options, then from the user.

    ``old``: the old protocol refuses without a reason, so that the account may have none.
    """
    given = [options.otp] if options.otp else []
    refused = False

    def code() -> str | None:
        nonlocal refused
        token: str | None
        if given:
            token = given.pop()
        elif options.otp_command:
            if refused:
                return None  # a program that gave a wrong one would give it again
            try:
                token = resolve(Command(_words(options.otp_command)), warn=warn).reveal()
            except SecretUnavailable as e:
                raise CommandError(f"--otp-command: {e.error}", ExitStatus.AUTHENTICATION) from e
        elif not has_terminal() and (old or options.otp or options.on):
            return None  # of several servers each would take the line of another
        else:
            mark = ", the last was wrong" if refused else " (nothing, if the account has none)" if old else ""
            prompt = f"One-time password for {username}{_on(options)}{mark}: "
            token = _one_at_a_time(options, lambda: _ask(prompt))
        refused = True
        return token

    return code


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as e:
        raise CommandError(f"--otp-command: {e}", ExitStatus.USAGE) from None
    if not words:
        raise CommandError("--otp-command is empty: name the program that prints the code", ExitStatus.USAGE)
    return words
