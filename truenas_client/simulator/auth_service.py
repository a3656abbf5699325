"""The ``auth`` service: signing in and out, sessions and tokens.

Each mechanism of ``auth.login_ex`` is one function in `login`; here is the service
around them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from . import login
from .call import Call
from .errors import found
from .extension import Extensible
from .shapes import any_, array, boolean, choice, integer, obj, text

__all__ = ["PARTS"]

_OPTIONS = obj(
    "What the answer should hold.",
    {"user_info": True, "reconnect_token": False},
    user_info=boolean("Tell about the user in the answer.", default=True),
    reconnect_token=boolean("Make a token for signing in again after a lost connection.", default=False),
)


class AuthMech(StrEnum):
    """The mechanisms of 25.04 and 25.10, whose refusals show the members of an enumeration."""

    API_KEY_PLAIN = "API_KEY_PLAIN"
    PASSWORD_PLAIN = "PASSWORD_PLAIN"
    TOKEN_PLAIN = "TOKEN_PLAIN"
    OTP_TOKEN = "OTP_TOKEN"


_MECHANISMS = {
    "API_KEY_PLAIN": {
        "username": text("Owner of the key."),
        "api_key": text("The key: its number, a minus sign, and the secret."),
        "login_options": _OPTIONS,
    },
    "PASSWORD_PLAIN": {
        "username": text("Name of the account."),
        "password": text("Its password."),
        "login_options": _OPTIONS,
    },
    "TOKEN_PLAIN": {"token": text("A token that this server made."), "login_options": _OPTIONS},
    "OTP_TOKEN": {"otp_token": text("The one-time password of now."), "login_options": _OPTIONS},
    "SCRAM": {
        "scram_type": choice("CLIENT_FIRST_MESSAGE", "CLIENT_FINAL_MESSAGE", doc="Which message of the exchange."),
        "rfc_str": text("The message, as RFC 5802 writes it."),
    },
}


def _login_data(*, scram: bool) -> dict[str, Any]:
    kinds = []
    for name, members in _MECHANISMS.items():
        if scram or name != "SCRAM":
            const = name if scram else AuthMech(name)
            tag = {"type": "string", "const": const, "description": "Which kind of proof this is."}
            kinds.append(obj(mechanism=tag, **members))
    return {
        "description": "The user that signs in, and the proof.",
        "discriminator": {"propertyName": "mechanism", "mapping": {}},
        "oneOf": kinds,
    }


PART = Extensible()
PART.service("auth")
PART.event("auth.sessions", roles=("AUTH_SESSIONS_READ", "AUTH_SESSIONS_WRITE", "READONLY_ADMIN"))


async def login_ex(call: Call, login_data: dict[str, Any]) -> dict[str, Any]:
    return await login.attempt(call, login_data)


LOGIN_EX = Extensible(lambda release: release.scram)
LOGIN_EX_WITHOUT_SCRAM = Extensible(lambda release: not release.scram)
PARTS = (LOGIN_EX, LOGIN_EX_WITHOUT_SCRAM, PART)

for part in (LOGIN_EX, LOGIN_EX_WITHOUT_SCRAM):
    for name, doc in (
        ("auth.login_ex", "Sign in. The answer says whether it worked, or what is wanted next."),
        ("auth.login_ex_continue", "Send the next proof of a sign-in that has begun."),
    ):
        data = {"login_data": _login_data(scram=part is LOGIN_EX)}
        part.method(name, accepts=data, no_auth=True, description=doc)(login_ex)


@PART.method(
    "auth.login",
    accepts={
        "username": text("Name of the account."),
        "password": text("Its password."),
        "otp_token": any_("One-time password, for accounts that have one.", default=None),
    },
    returns=boolean("Whether it worked."),
    no_auth=True,
)
async def login_(call: Call, username: str, password: str, otp_token: str | None) -> bool:
    """Sign in with a password. Kept for old programs."""
    answer = await login.attempt(call, {"mechanism": "PASSWORD_PLAIN", "username": username, "password": password})
    if answer["response_type"] == "OTP_REQUIRED":
        if otp_token is None:
            return False
        answer = await login.attempt(call, {"mechanism": "OTP_TOKEN", "otp_token": otp_token})
    return bool(answer["response_type"] == "SUCCESS")


@PART.method(
    "auth.login_with_api_key",
    accepts={"api_key": text("The key.")},
    returns=boolean("Whether it worked."),
    no_auth=True,
)
async def login_with_api_key(call: Call, api_key: str) -> bool:
    """Sign in with a key whose owner the server looks up. Kept for old programs."""
    return await login.with_key_alone(call, api_key)


@PART.method(
    "auth.login_with_token", accepts={"token": text("The token.")}, returns=boolean("Whether it worked."), no_auth=True
)
async def login_with_token(call: Call, token: str) -> bool:
    """Sign in with a token. Kept for old programs."""
    answer = await login.attempt(call, {"mechanism": "TOKEN_PLAIN", "token": token})
    return bool(answer["response_type"] == "SUCCESS")


@PART.method(
    "auth.mechanism_choices",
    returns=array(text(), "Mechanisms by name."),
    no_auth=True,
    roles=("READONLY_ADMIN", "SHARING_ADMIN"),
)
def mechanism_choices(call: Call) -> list[str]:
    """The ways to sign in that this server takes."""
    if call.credential is None and not call.facts.mechanisms_before_login:
        raise AttributeError("'NoneType' object has no attribute 'may_create_auth_token'")
    names = ["API_KEY_PLAIN", "TOKEN_PLAIN", "PASSWORD_PLAIN"]
    return [*names, "SCRAM"] if call.facts.scram else names


@PART.method("auth.me", no_authz=True)
def me(call: Call) -> dict[str, Any]:
    """The user of this connection and what he may do."""
    assert call.credential is not None
    return call.credential.user_info(call.nas.registry.roles())


@PART.method(
    "auth.set_attribute", accepts={"key": text("Name of the attribute."), "value": any_("What to keep.")}, no_authz=True
)
def set_attribute(call: Call, key: str, value: Any) -> None:
    """Keep a value with the account, for user interfaces."""
    call.account.attributes[key] = value


@PART.method("auth.logout", returns=boolean("Always true."), no_authz=True)
def logout(call: Call) -> bool:
    """Sign out. The connection stays."""
    if call.session is not None:
        call.session.sign_out()
    return True


@PART.method(
    "auth.generate_token",
    accepts={
        "ttl": integer("Seconds without use after which the token ends.", default=600),
        "attrs": obj("Anything to keep with it; such a token can't sign in.", {}),
        "match_origin": boolean("Only the address that made it may use it.", default=True),
        "single_use": boolean("The first use is the last.", default=False),
    },
    returns=text("The token."),
    no_authz=True,
)
def generate_token(call: Call, ttl: int, attrs: dict[str, Any], match_origin: bool, single_use: bool) -> str:
    """Make a token to sign in with, or for one file transfer."""
    return login.make_token(call, ttl, attrs, match_origin, single_use)


@PART.method(
    "auth.sessions",
    accepts=PART.query_arguments(),
    roles=("AUTH_SESSIONS_READ", "AUTH_SESSIONS_WRITE", "READONLY_ADMIN"),
    filterable=True,
)
def sessions(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
    """The sessions that are signed in now, and their addresses."""
    rows = []
    for session in call.nas.sessions:
        if session.credential is not None:
            row = session.row(session.credential)
            rows.append({"id": row.pop("id"), "current": session is call.session, "internal": False, **row})
    return call.filter_list(rows, filters, options)


@PART.method(
    "auth.terminate_session",
    accepts={"id": text("The session to end.")},
    returns=boolean("Whether there was one to end."),
    roles=("AUTH_SESSIONS_WRITE",),
)
def terminate_session(call: Call, id: str) -> bool:
    """End a session, with its connection."""
    session = next((session for session in call.nas.sessions if session.id == id), None)
    found(session, f"Session with id {id}").channel.close(1000)
    return True


@PART.method("auth.terminate_other_sessions", returns=boolean("Always true."), roles=("AUTH_SESSIONS_WRITE",))
def terminate_other_sessions(call: Call) -> bool:
    """End all sessions but this one."""
    for session in call.nas.sessions:
        if session is not call.session and session.credential is not None:
            session.channel.close(1000)
    return True
