"""The steps of login flows, the meaning of the server's answers, and the flows for passwords and tokens.

Invariants: a flow never sends a refused secret again; no error text contains a secret; an
unknown ``response_type`` is a refusal; no flow asks the server for its mechanisms, because
the answer is not authenticated and could talk the client into a weaker one.
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
    "without_gaps",
]


BRIEF = {"login_options": {"user_info": False}}
"""Keeps the long description of the account out of the server's answer."""

_RENEWABLE = {"login_options": {"user_info": False, "reconnect_token": True}}
"""Also asks for a reconnect token, which signs in once without a one-time password (26 and later; recorded: flow
reconnect_token)."""


@dataclass(frozen=True, slots=True)
class Request:
    """The driver is to call this method. It sends back the result, or throws in the `ClientException`."""

    method: str
    params: tuple[Any, ...] = field(repr=False)
    calls: int = 1
    """How many calls of the method must fit into the rate limit before this one leaves. 0: this call continues a login
    that must not wait now."""


@dataclass(frozen=True, slots=True)
class OTPRequest:
    """The driver is to get a one-time password. It sends back a string, or None when there is none.

    ``refused`` is true after a wrong one.
    """

    username: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """The driver is to derive the keys of a secret (`scram.derive`) and send them back. It may reuse equal ones."""

    secret: str = field(repr=False)
    salt: bytes
    iterations: int


@dataclass(frozen=True, slots=True)
class Login:
    """A login that succeeded.

    ``mechanism`` is ``PASSWORD``, ``TOKEN``, ``PLAIN`` or ``SCRAM``. A program that remembers ``SCRAM``
    for a server can refuse a weaker login there later. ``authenticator`` is the server's assurance
    level, None where it names none.
    """

    username: str
    authenticator: str | None = None
    mechanism: str = "PASSWORD"
    reconnect_token: str | None = field(default=None, repr=False)
    """Signs in once instead of the secret, within ten minutes."""
    salt: bytes = b""
    """A login by SCRAM derived its keys with this and ``iterations``. They are no secret: the server sends them to any
    client."""
    iterations: int = 0


Steps = Request | OTPRequest | Derivation
Flow = Generator[Steps, Any, Login]


def password_login(username: str, password: str, *, legacy: bool = False, renewable: bool = False) -> Flow:
    """Sign in with a password, and a one-time password where the account has one.

    After a wrong one-time password the flow follows the server's answer: 25.10 waits for
    another, 26 ends the attempt (recorded: flows v2510_login_results and login_otp_wrong),
    and then the flow begins again with the password. Raises the subclasses of
    `AuthenticationError`. ``legacy`` is for the old protocol, whose login answers only true
    or false. ``renewable`` asks for a `Login.reconnect_token` along with a one-time password.
    """
    if legacy:
        return (yield from _legacy_login(username, password))
    secret = {"mechanism": "PASSWORD_PLAIN", "username": username, "password": password}
    answer = yield from login_ex("auth.login_ex", secret | BRIEF)
    refused = over = False
    while over or answer.get("response_type") == "OTP_REQUIRED":
        token = yield OTPRequest(username, refused)
        if token is None:
            # As the server sees it, the attempt is over, or it still waits for a token.
            kind = InvalidCredentials if over else OTPRequired
            raise kind(
                f"The one-time password for {username} was wrong"
                if refused
                else f"{username} needs a one-time password"
            )
        if over:
            # A new attempt needs the password again. The server has accepted it before.
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
            # Releases before 26 do not know the option. They refuse the call without using up the one-time password.
            if not any((row.attribute or "").endswith("reconnect_token") for row in e.errors):
                raise
    return (yield from login_ex("auth.login_ex_continue", data | BRIEF))


def token_login(token: str, *, legacy: bool = False) -> Flow:
    """Sign in with a token. The user name of the `Login` is empty, because only the server knows it."""
    if legacy:
        if (yield Request("auth.login_with_token", (token,))) is not True:
            raise InvalidCredentials(_BAD_TOKEN)
        return Login("", None, "TOKEN")
    return (yield from _token(token, BRIEF, ""))


def reconnect_login(token: str, username: str) -> Flow:
    """Sign in again with a `Login.reconnect_token`, which this uses up, and get the next one."""
    return (yield from _token(token, _RENEWABLE, username))


_BAD_TOKEN = "The token is not valid (any more), or not from this address: make a new one"


def _token(token: str, options: dict[str, Any], username: str) -> Flow:
    answer = yield from login_ex("auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": token} | options)
    if answer.get("response_type") == "AUTH_ERR":
        raise InvalidCredentials(_BAD_TOKEN)
    return conclude(answer, username, "TOKEN")


def _legacy_login(username: str, password: str) -> Flow:
    """Sign in by the old protocol. It refuses without a reason, so after a refusal ask for a one-time password."""
    if (yield Request("auth.login", (username, password))) is True:
        return Login(username)
    refused = False
    while (token := (yield OTPRequest(username, refused))) is not None:
        if (yield Request("auth.login", (username, password, token))) is True:
            return Login(username)
        refused = True
    raise InvalidCredentials(f"Wrong user name or password for {username}, or it needs a one-time password")


def login_ex(method: str, data: dict[str, Any], calls: int = 1) -> Generator[Steps, Any, dict[str, Any]]:
    """Make one call of a login and return the server's answer.

    Raises `MechanismUnsupported` when the server has no such method or forbids the
    mechanism, and all other errors of the call.
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
    """The login of a successful answer. Raises the fitting subclass of `AuthenticationError` for any other answer."""
    if answer.get("response_type") != "SUCCESS":
        _refuse(answer, username, "API key" if mechanism in ("PLAIN", "SCRAM") else "password")
    level, token = answer.get("authenticator"), answer.get("reconnect_token")
    return Login(
        username, level if isinstance(level, str) else None, mechanism, token if isinstance(token, str) else None
    )


def without_gaps(token: str | None) -> str | None:
    """A one-time password without the spaces or dashes that authenticators show between groups of digits."""
    if token is None:
        return None
    digits = "".join(token.split()).replace("-", "")
    return digits if digits.isdigit() else token.strip()


def no_access(who: str) -> str:
    """The text for a user whose secret was right but whose access is denied."""
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
        told = answer.get("urls")
        urls = [url for url in told if isinstance(url, str)] if isinstance(told, list) else []
        raise RedirectRequired(
            f"This controller is on standby: connect to {' or '.join(urls) or 'the active one'}", urls
        )
    raise AuthenticationError(f"The server answered the login with {str(kind)[:60]!r}, which is unknown")
