"""The login mechanisms, one function each.

Each takes the call and its data and returns the answer of ``auth.login_ex``. A wrong
secret is an answer, not an error, and costs time (recorded: flow login_password_wrong).
Invariants: an unknown user and a wrong secret look the same; a new attempt drops a pending
one.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truenas_client.auth.saslprep import saslprep
from truenas_client.auth.scram import derive

from .accounts import Account, ApiKey, Credential, Token
from .errors import CallError
from .scram import BOUND, BadMessage, ClientFirst, Exchange

if TYPE_CHECKING:
    from .call import Call
    from .state import Nas

__all__ = [
    "MECHANISMS",
    "PENALTY",
    "attempt",
    "find_key",
    "find_token",
    "make_token",
    "spend",
    "with_key_alone",
]

Answer = dict[str, Any]

PENALTY = 0.3
"""Simulated seconds that a wrong proof costs."""

RECONNECT_SECONDS = 600

TOKENS_LOOKED_THROUGH = 1000
"""With more tokens than this, making a new one removes the expired ones."""


@dataclass(frozen=True, slots=True)
class PendingOtp:
    """A login with a right password that waits for a one-time password."""

    account: Account


async def attempt(call: Call, data: dict[str, Any]) -> Answer:
    """Run one step of a sign-in."""
    return await MECHANISMS[data["mechanism"]](call, data)


def _outcome(call: Call, kind: str, **further: Any) -> Answer:
    if kind == "DENIED" and not call.facts.denied:
        kind = "AUTH_ERR"
    return {"response_type": kind, **further}


def _enter(
    call: Call, credential: Credential, data: dict[str, Any], *, ttl: float | None = None, token: str | None = None
) -> Answer:
    nas = call.nas
    call.caller.sign_in(credential, ttl=ttl, token=token)
    options = data.get("login_options") or {}
    info = credential.user_info(nas.registry.roles()) if options.get("user_info", True) else None
    answer: Answer = {"response_type": "SUCCESS", "user_info": info, "authenticator": "LEVEL_1"}
    if call.facts.reconnect_tokens:
        reconnect = None
        if options.get("reconnect_token"):
            reconnect = _new_token(call, credential, RECONNECT_SECONDS, {}, True, True, reconnect=True)
        answer["reconnect_token"] = reconnect
    return answer


def _credential(call: Call, account: Account, kind: str, **further: Any) -> Credential:
    return Credential(account, kind, call.clock.wall(), facts=call.facts, **further)


def _begin(call: Call) -> None:
    call.caller.pending = None


def _refused(call: Call, account: Account) -> Answer | None:
    if account.expired:
        return _outcome(call, "EXPIRED")
    if not account.roles:
        return _outcome(call, "DENIED")
    return None


async def _password(call: Call, data: dict[str, Any]) -> Answer:
    _begin(call)
    account = call.nas.accounts.get(data["username"])
    if account is None:
        return _outcome(call, "AUTH_ERR")
    if not hmac.compare_digest(account.password.encode(), data["password"].encode("utf-8", "replace")):
        await call.sleep(PENALTY)
        return _outcome(call, "AUTH_ERR")
    if (answer := _refused(call, account)) is not None:
        return answer
    if account.otp is not None:
        call.caller.pending = PendingOtp(account)
        return _outcome(call, "OTP_REQUIRED", username=account.name)
    return _enter(call, _credential(call, account, "LOGIN_PASSWORD"), data)


async def _otp(call: Call, data: dict[str, Any]) -> Answer:
    pending = call.caller.pending
    if not isinstance(pending, PendingOtp):
        raise CallError("OTP_TOKEN: no authentication in progress", 22)
    if data["otp_token"] != pending.account.otp:
        if call.facts.otp_once:
            call.caller.pending = None
        await call.sleep(PENALTY)
        if call.facts.otp_once:
            return _outcome(call, "AUTH_ERR")
        return _outcome(call, "OTP_REQUIRED", username=pending.account.name)
    return _enter(call, _credential(call, pending.account, "LOGIN_TWOFACTOR"), data)


# --- keys --------------------------------------------------------------------------------------


async def _key_plain(call: Call, data: dict[str, Any]) -> Answer:
    _begin(call)
    if call.caller.origin.unix:
        raise TypeError(f"{call.caller.origin}: unexpected origin for ApiKeyPamAuthenticator")
    key = find_key(call.nas, data["api_key"])
    if key is None or key.revoked or key.account != data["username"]:
        await call.sleep(PENALTY)
        return _outcome(call, "AUTH_ERR")
    return _enter_with_key(call, key, data)


def _enter_with_key(call: Call, key: ApiKey, data: dict[str, Any]) -> Answer:
    account = call.nas.accounts.get(key.account)
    if account is None:
        return _outcome(call, "AUTH_ERR")
    if not call.caller.origin.secure:
        # A listener on the network may have read the key, so the server revokes it.
        key.revoked = True
        return _outcome(call, "EXPIRED")
    if _ended(call, key):
        return _outcome(call, "EXPIRED")
    if (answer := _refused(call, account)) is not None:
        return answer
    return _enter(call, _credential(call, account, "API_KEY", key=key), data)


def _ended(call: Call, key: ApiKey) -> bool:
    return key.expires is not None and key.expires <= call.clock.wall()


def find_key(nas: Nas, text: Any) -> ApiKey | None:
    """The key of this text, also an expired or revoked one; None when the secret is wrong."""
    if not isinstance(text, str):  # what the schemas of 24.10 let through
        return None
    number, dash, secret = text.partition("-")
    key = (
        nas.api_keys.get(int(number)) if dash and number.isascii() and number.isdecimal() and len(number) < 10 else None
    )
    if key is None or not hmac.compare_digest(key.key.encode(), secret.encode("utf-8", "replace")):
        return None
    return key


async def with_key_alone(call: Call, text: str) -> bool:
    """Sign in with a key and look up its owner. Return whether it worked."""
    key = find_key(call.nas, text)
    data = {"username": key.account if key else "", "api_key": text}
    return bool((await _key_plain(call, data))["response_type"] == "SUCCESS")


# --- tokens ------------------------------------------------------------------------------------


def make_token(call: Call, ttl: int, attributes: dict[str, Any], match_origin: bool, single_use: bool) -> str:
    """A new token of the caller."""
    assert call.credential is not None
    return _new_token(call, call.credential, ttl, attributes, match_origin, single_use)


def _new_token(
    call: Call,
    parent: Credential,
    ttl: float,
    attributes: dict[str, Any],
    match_origin: bool,
    single_use: bool,
    *,
    reconnect: bool = False,
) -> str:
    address = call.caller.origin.address if match_origin else None
    _forget_ended(call.nas)
    text = secrets.token_urlsafe(48)
    call.nas.tokens[text] = Token(text, parent, ttl, attributes, address, single_use, call.clock.now(), reconnect)
    return text


def _forget_ended(nas: Nas) -> None:
    if len(nas.tokens) > TOKENS_LOOKED_THROUGH:
        now = nas.clock.now()
        for token in [token for token in nas.tokens.values() if now >= token.used_at + token.ttl]:
            del nas.tokens[token.text]


def find_token(nas: Nas, text: str, address: str) -> Token | None:
    """The token of this text, if it may still be used, and from this address."""
    token = nas.tokens.get(text)
    if token is None or nas.clock.now() >= token.used_at + token.ttl:
        return None
    return token if token.address is None or token.address == address else None


def spend(nas: Nas, token: Token) -> None:
    """Use a token: its time limit starts again; a single-use token is removed."""
    token.used_at = nas.clock.now()
    if token.single_use:
        del nas.tokens[token.text]


async def _token(call: Call, data: dict[str, Any]) -> Answer:
    _begin(call)
    nas = call.nas
    token = find_token(nas, data["token"], call.caller.origin.address)
    if token is None or token.attributes:
        await call.sleep(nas.random.uniform(1.0, 2.0))
        return _outcome(call, "AUTH_ERR")
    spend(nas, token)
    if token.reconnect:
        parent = token.parent
        credential = _credential(call, parent.account, parent.kind, key=parent.key)
        return _enter(call, credential, data)
    credential = _credential(call, token.parent.account, "TOKEN", parent=token.parent)
    return _enter(call, credential, data, ttl=token.ttl, token=token.text)


# --- SCRAM -------------------------------------------------------------------------------------


async def _scram(call: Call, data: dict[str, Any]) -> Answer:
    if call.caller.origin.unix:
        raise TypeError(f"{call.caller.origin}: unexpected origin for ApiKeyPamAuthenticator")
    if data["scram_type"] == "CLIENT_FIRST_MESSAGE":
        return _scram_first(call, data["rfc_str"])
    exchange = call.caller.pending
    call.caller.pending = None
    if not isinstance(exchange, Exchange):
        raise CallError("SCRAM authentication is not in progress")
    return await _scram_final(call, exchange, data["rfc_str"])


def _scram_first(call: Call, text: str) -> Answer:
    _begin(call)
    origin = call.caller.origin
    try:
        first = ClientFirst.parse(text)
    except BadMessage:
        return _outcome(call, "AUTH_ERR")
    if first.header.startswith(b"p=") and (first.header != BOUND or not origin.binding):
        return _outcome(call, "AUTH_ERR")
    key = call.nas.api_keys.get(first.key_id)
    if key is None or key.revoked or _ended(call, key) or not _same_name(key.account, first.username):
        return _outcome(call, "AUTH_ERR")
    exchange = Exchange(first, secrets.token_bytes(32), key.salt, key.iterations, origin.binding)
    call.caller.pending = exchange
    return {
        "response_type": "SCRAM_RESPONSE",
        "scram_type": "SERVER_FIRST_RESPONSE",
        "rfc_str": exchange.response,
        "user_info": None,
    }


def _same_name(account: str, prepared: str) -> bool:
    try:
        return saslprep(account) == prepared
    except ValueError:
        return False


async def _scram_final(call: Call, exchange: Exchange, text: str) -> Answer:
    nas = call.nas
    key = nas.api_keys.get(exchange.first.key_id)
    account = None if key is None else nas.accounts.get(key.account)
    if key is None or account is None:
        return _outcome(call, "AUTH_ERR")
    keys = await asyncio.to_thread(derive, key.key, key.salt, key.iterations)
    try:
        proof = exchange.verify(text, keys)
    except BadMessage:
        await call.sleep(PENALTY)
        return _outcome(call, "AUTH_ERR")
    if not account.roles:
        # The real server fails here: it reads the rights of an account that has none (seen on running servers).
        raise TypeError("'NoneType' object is not subscriptable")
    if (answer := _refused(call, account)) is not None:
        return answer
    credential = _credential(call, account, "API_KEY", key=key, mechanism="SCRAM")
    call.caller.sign_in(credential)
    return {
        "response_type": "SCRAM_RESPONSE",
        "scram_type": "SERVER_FINAL_RESPONSE",
        "rfc_str": proof,
        "user_info": credential.user_info(nas.registry.roles()),
    }


MECHANISMS: dict[str, Callable[[Call, dict[str, Any]], Awaitable[Answer]]] = {
    "API_KEY_PLAIN": _key_plain,
    "PASSWORD_PLAIN": _password,
    "TOKEN_PLAIN": _token,
    "OTP_TOKEN": _otp,
    "SCRAM": _scram,
}
"""The mechanisms by the name a client gives."""
