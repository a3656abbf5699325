"""The login flows and what their answers mean.

Invariants: a refused secret is never sent again by a flow itself; no exception
text holds a secret; a ``response_type`` nobody knows is a refusal.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Never

from ..exc import (
    AccessDenied,
    AuthenticationError,
    CredentialsExpired,
    InvalidCredentials,
    MechanismUnsupported,
    MethodNotFound,
    OTPRequired,
    RedirectRequired,
)

__all__ = ["Flow", "Login", "OTPRequest", "Request", "password_login", "token_login"]


_BRIEF = {"login_options": {"user_info": False}}
"""Asks the server to leave the account's long description out of its answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """Call this method; send the result back, or throw the `ClientException` it raised."""

    method: str
    params: tuple[Any, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OTPRequest:
    """A one-time password is wanted; send it back as a string, or None when there is none.

    ``refused`` is true when one was sent and was wrong.
    """

    username: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """A login that succeeded. ``authenticator`` is the server's assurance level, None where it says none."""

    username: str
    authenticator: str | None = None


Flow = Generator[Request | OTPRequest, Any, Login]


def password_login(username: str, password: str, *, legacy: bool = False) -> Flow:
    """Sign in with a password, and a one-time password where the account has one.

    What follows a wrong one-time password is the server's word: some releases wait
    for another, others end the attempt, and then the flow begins again with the
    password. Raises the subclasses of `AuthenticationError`. ``legacy`` is for the old
    protocol, whose login answers yes or no and nothing else.
    """
    if legacy:
        return (yield from _legacy_login(username, password))
    secret = {"mechanism": "PASSWORD_PLAIN", "username": username, "password": password}
    answer = yield from _login_ex("auth.login_ex", secret | _BRIEF)
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
            answer = yield from _login_ex("auth.login_ex", secret | _BRIEF)
            if answer.get("response_type") != "OTP_REQUIRED":
                break
        answer = yield from _login_ex("auth.login_ex_continue", {"mechanism": "OTP_TOKEN", "otp_token": token} | _BRIEF)
        refused = True
        over = answer.get("response_type") == "AUTH_ERR"
    return _conclude(answer, username)


def token_login(token: str, *, legacy: bool = False) -> Flow:
    """Sign in with a token. The user name is the server's to tell, so it is empty here."""
    if legacy:
        if (yield Request("auth.login_with_token", (token,))) is not True:
            raise InvalidCredentials("The token is not valid (any more)")
        return Login("")
    answer = yield from _login_ex("auth.login_ex", {"mechanism": "TOKEN_PLAIN", "token": token} | _BRIEF)
    if answer.get("response_type") == "AUTH_ERR":
        raise InvalidCredentials("The token is not valid (any more)")
    return _conclude(answer, "the token")


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


def _login_ex(method: str, data: dict[str, Any]) -> Generator[Request | OTPRequest, Any, dict[str, Any]]:
    try:
        answer = yield Request(method, (data,))
    except MethodNotFound as e:
        raise MechanismUnsupported(f"This server is too old for {method} (TrueNAS 25.04 and later have it)") from e
    if not isinstance(answer, dict):
        raise AuthenticationError(f"The server answered the login with {type(answer).__name__} instead of an object")
    return answer


def _conclude(answer: dict[str, Any], username: str) -> Login:
    if answer.get("response_type") != "SUCCESS":
        _refuse(answer, username)
    level = answer.get("authenticator")
    return Login(username, level if isinstance(level, str) else None)


def _refuse(answer: dict[str, Any], username: str) -> Never:
    kind = answer.get("response_type")
    if kind == "AUTH_ERR":
        raise InvalidCredentials(f"Wrong user name or password for {username}")
    if kind == "EXPIRED":
        raise CredentialsExpired(f"The password or account of {username} has expired: have an administrator renew it")
    if kind == "DENIED":
        raise AccessDenied(
            f"{username} may not use the API, or the account is locked: an administrator can grant a role"
        )
    if kind == "REDIRECT":
        urls = [url for url in answer.get("urls") or () if isinstance(url, str)]
        raise RedirectRequired(
            f"This controller is on standby: connect to {' or '.join(urls) or 'the active one'}", urls
        )
    raise AuthenticationError(f"The server answered the login with {str(kind)[:60]!r}, which is unknown")
