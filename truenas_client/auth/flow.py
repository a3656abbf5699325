"""The steps of login flows, what the server's answers mean, and the flows of passwords and tokens.

Invariants: a refused secret is never sent again by a flow itself; no exception
text holds a secret; a ``response_type`` nobody knows is a refusal; which mechanisms
a server claims to know is never asked.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Never

from ..exc import (
    AccessDenied,
    AuthenticationError,
    ClientException,
    CredentialsExpired,
    InvalidCredentials,
    MechanismUnsupported,
    MethodNotFound,
    OTPRequired,
    RedirectRequired,
    ValidationErrors,
)

__all__ = [
    "BRIEF",
    "Derivation",
    "Flow",
    "Login",
    "OTPRequest",
    "Request",
    "Steps",
    "conclude",
    "login_ex",
    "no_access",
    "password_login",
    "reconnect_login",
    "token_login",
]


BRIEF = {"login_options": {"user_info": False}}
"""Asks the server to leave the account's long description out of its answer."""

_RENEWABLE = {"login_options": {"user_info": False, "reconnect_token": True}}
"""Asks also for a token that signs in once, in place of a one-time password (26 and later)."""


@dataclass(frozen=True, slots=True)
class Request:
    """Call this method; send the result back, or throw the `ClientException` it raised."""

    method: str
    params: tuple[Any, ...] = field(repr=False)
    calls: int = 1
    """How many calls of the method this begins; 0 when it goes on with one that must not wait now."""


@dataclass(frozen=True, slots=True)
class OTPRequest:
    """A one-time password is wanted; send it back as a string, or None when there is none.

    ``refused`` is true when one was sent and was wrong.
    """

    username: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """Derive the keys of a secret (`scram.derive`); send them back. Equal ones need not be run twice."""

    secret: str = field(repr=False)
    salt: bytes
    iterations: int


@dataclass(frozen=True, slots=True)
class Login:
    """A login that succeeded.

    ``mechanism`` is how (``PASSWORD``, ``TOKEN``, ``PLAIN`` or ``SCRAM``: a program that remembers
    the last for a server may forbid less later), ``authenticator`` the server's assurance
    level, None where it says none.
    """

    username: str
    authenticator: str | None = None
    mechanism: str = "PASSWORD"
    reconnect_token: str | None = field(default=None, repr=False)
    """Signs in once, instead of the secret, for ten minutes."""
    salt: bytes = b""
    """With this and ``iterations`` a login by SCRAM derived its keys: the server tells them to anybody."""
    iterations: int = 0


Steps = Request | OTPRequest | Derivation
Flow = Generator[Steps, Any, Login]


def password_login(username: str, password: str, *, legacy: bool = False, renewable: bool = False) -> Flow:
    """Sign in with a password, and a one-time password where the account has one.

    What follows a wrong one-time password is the server's word: some releases wait
    for another, others end the attempt, and then the flow begins again with the
    password. Raises the subclasses of `AuthenticationError`. ``legacy`` is for the old
    protocol, whose login answers yes or no and nothing else. ``renewable`` asks for a
    `Login.reconnect_token` where a one-time password was used.
    """
    if legacy:
        return (yield from _legacy_login(username, password))
    secret = {"mechanism": "PASSWORD_PLAIN", "username": username, "password": password}
    answer = yield from login_ex("auth.login_ex", secret | BRIEF)
    refused = over = False
    while over or answer.get("response_type") == "OTP_REQUIRED":
        token = yield OTPRequest(username, refused)
        if token is None:
            # Told apart as the server does: over with, or still waiting for a token.
            kind = InvalidCredentials if over else OTPRequired
            raise kind(
                f"The one-time password for {username} was wrong"
                if refused
                else f"{username} needs a one-time password"
            )
        if over:
            # A new attempt needs the password again, which was right before.
            answer = yield from login_ex("auth.login_ex", secret | BRIEF)
            if answer.get("response_type") != "OTP_REQUIRED":
                break
        answer = yield from _one_time_password(token, renewable=renewable)
        refused = True
        over = answer.get("response_type") == "AUTH_ERR"
    return conclude(answer, username, "PASSWORD")


def _one_time_password(token: str, *, renewable: bool) -> Generator[Steps, Any, dict[str, Any]]:
    data = {"mechanism": "OTP_TOKEN", "otp_token": token}
    if renewable:
        try:
            return (yield from login_ex("auth.login_ex_continue", data | _RENEWABLE))
        except ValidationErrors as e:
            # Releases before 26 do not know the option; they have not looked at the one-time password.
            if not any((row.attribute or "").endswith("reconnect_token") for row in e.errors):
                raise
    return (yield from login_ex("auth.login_ex_continue", data | BRIEF))


def token_login(token: str, *, legacy: bool = False) -> Flow:
    """Sign in with a token. The user name is the server's to tell, so it is empty here."""
    if legacy:
        if (yield Request("auth.login_with_token", (token,))) is not True:
            raise InvalidCredentials(_BAD_TOKEN)
        return Login("", None, "TOKEN")
    return (yield from _token(token, BRIEF, ""))


def reconnect_login(token: str, username: str) -> Flow:
    """Sign in again with a `Login.reconnect_token`, which is used up by that, and get the next one."""
    return (yield from _token(token, _RENEWABLE, username))


_BAD_TOKEN = "The token is not valid (any more), or not from this address: make a new one"


def _token(token: str, options: dict[str, Any], username: str) -> Flow:
    answer = yield from login_ex("auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": token} | options)
    if answer.get("response_type") == "AUTH_ERR":
        raise InvalidCredentials(_BAD_TOKEN)
    return conclude(answer, username, "TOKEN")


def _legacy_login(username: str, password: str) -> Flow:
    """The old login says no without saying why, so a one-time password is asked for after a no."""
    if (yield Request("auth.login", (username, password))) is True:
        return Login(username)
    refused = False
    while (token := (yield OTPRequest(username, refused))) is not None:
        if (yield Request("auth.login", (username, password, token))) is True:
            return Login(username)
        refused = True
    raise InvalidCredentials(f"Wrong user name or password for {username}, or it needs a one-time password")


def login_ex(method: str, data: dict[str, Any], calls: int = 1) -> Generator[Steps, Any, dict[str, Any]]:
    """One step of a login: the server's answer.

    Raises `MechanismUnsupported` where the server has no such method or its rules
    forbid the mechanism, and what else the call raises.
    """
    try:
        answer = yield Request(method, (data,), calls)
    except MethodNotFound as e:
        raise MechanismUnsupported(f"This server is too old for {method} (TrueNAS 25.04 and later have it)") from e
    except ClientException as e:
        if e.errno != errno.EOPNOTSUPP:
            raise
        raise MechanismUnsupported(
            "The rules of this server forbid this kind of login: at a higher assurance level it takes only a "
            "password with a one-time password"
        ) from e
    if not isinstance(answer, dict):
        raise AuthenticationError(f"The server answered the login with {type(answer).__name__} instead of an object")
    return answer


def conclude(answer: dict[str, Any], username: str, mechanism: str) -> Login:
    """The login that an answer is. Raises the subclass of `AuthenticationError` that fits any other answer."""
    if answer.get("response_type") != "SUCCESS":
        _refuse(answer, username, "API key" if mechanism in ("PLAIN", "SCRAM") else "password")
    level, token = answer.get("authenticator"), answer.get("reconnect_token")
    return Login(
        username, level if isinstance(level, str) else None, mechanism, token if isinstance(token, str) else None
    )


def no_access(who: str) -> str:
    """What is told to somebody whose proof was right and who has no rights."""
    return f"{who} may not use the API, or the account is locked: an administrator can grant a role"


def _refuse(answer: dict[str, Any], username: str, secret: str) -> Never:
    kind, who = answer.get("response_type"), username or "the token's user"
    if kind == "AUTH_ERR":
        raise InvalidCredentials(f"Wrong user name or {secret} for {who}")
    if kind == "EXPIRED":
        revoked = "has expired or was revoked" if secret == "API key" else "has expired"
        raise CredentialsExpired(f"The {secret} or account of {who} {revoked}: have an administrator renew it")
    if kind == "DENIED":
        raise AccessDenied(no_access(who))
    if kind == "REDIRECT":
        urls = [url for url in answer.get("urls") or () if isinstance(url, str)]
        raise RedirectRequired(
            f"This controller is on standby: connect to {' or '.join(urls) or 'the active one'}", urls
        )
    raise AuthenticationError(f"The server answered the login with {str(kind)[:60]!r}, which is unknown")
