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
    from .origin import Origin
    from .state import Nas

__all__ = [
    "Refused",
    "attempt",
    "check_access",
    "find_key",
    "find_token",
    "make_token",
    "owner_of",
    "spend",
    "with_key_alone",
    "with_password",
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


class Refused(Exception):
    """A sign-in that fails: the ``response_type`` of the answer, and the simulated seconds that it costs."""

    def __init__(self, kind: str, seconds: float = 0.0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.seconds = seconds


async def attempt(call: Call, data: dict[str, Any]) -> Answer:
    """Run one step of a sign-in."""
    try:
        return await MECHANISMS[data["mechanism"]](call, data)
    except Refused as e:
        if e.seconds:
            await call.sleep(e.seconds)
        return {"response_type": "AUTH_ERR" if e.kind == "DENIED" and not call.facts.denied else e.kind}


def _enter(call: Call, credential: Credential, data: dict[str, Any], token: Token | None = None) -> Answer:
    nas = call.nas
    call.caller.sign_in(credential, token)
    options = data.get("login_options") or {}
    info = credential.user_info(nas.registry.roles()) if options.get("user_info", True) else None
    answer: Answer = {"response_type": "SUCCESS", "user_info": info, "authenticator": "LEVEL_1"}
    if call.facts.reconnect_tokens:
        wanted = options.get("reconnect_token")
        answer["reconnect_token"] = _new_token(call, credential, RECONNECT_SECONDS, reconnect=True) if wanted else None
    return answer


def _credential(call: Call, account: Account, kind: str, **further: Any) -> Credential:
    return Credential(account, kind, call.clock.wall(), facts=call.facts, **further)


def check_access(account: Account) -> None:
    """Raises `Refused` for an account that is expired, or may not use the API."""
    if account.expired or not account.roles:
        raise Refused("EXPIRED" if account.expired else "DENIED")


def with_password(nas: Nas, name: str, password: str) -> Account:
    """The account with this name and password. Raises `Refused`, in the same way whichever of them is wrong."""
    account = nas.accounts.get(name)
    known = "" if account is None else account.password
    if not hmac.compare_digest(known.encode(), password.encode("utf-8", "replace")) or account is None:
        raise Refused("AUTH_ERR", PENALTY)
    return account


async def _password(call: Call, data: dict[str, Any]) -> Answer:
    call.caller.pending = None
    account = with_password(call.nas, data["username"], data["password"])
    check_access(account)
    if account.otp is not None:
        call.caller.pending = PendingOtp(account)
        return {"response_type": "OTP_REQUIRED", "username": account.name}
    return _enter(call, _credential(call, account, "LOGIN_PASSWORD"), data)


async def _otp(call: Call, data: dict[str, Any]) -> Answer:
    pending = call.caller.pending
    if not isinstance(pending, PendingOtp):
        raise CallError("OTP_TOKEN: no authentication in progress", 22)
    if data["otp_token"] == pending.account.otp:
        return _enter(call, _credential(call, pending.account, "LOGIN_TWOFACTOR"), data)
    if call.facts.otp_once:
        call.caller.pending = None
        raise Refused("AUTH_ERR", PENALTY)
    await call.sleep(PENALTY)
    return {"response_type": "OTP_REQUIRED", "username": pending.account.name}


# --- keys --------------------------------------------------------------------------------------


async def _key_plain(call: Call, data: dict[str, Any]) -> Answer:
    call.caller.pending = None
    _check_origin(call)
    key = find_key(call.nas, data["api_key"])
    if key is None or key.revoked or key.account != data["username"]:
        raise Refused("AUTH_ERR", PENALTY)
    account = owner_of(call.nas, key, call.caller.origin)
    return _enter(call, _credential(call, account, "API_KEY", key=key), data)


def _check_origin(call: Call) -> None:
    if call.caller.origin.unix:
        raise TypeError(f"{call.caller.origin}: unexpected origin for ApiKeyPamAuthenticator")


def owner_of(nas: Nas, key: ApiKey, origin: Origin) -> Account:
    """The account that a plain key lets in from there. Raises `Refused`."""
    account = nas.accounts.get(key.account)
    if account is None:
        raise Refused("AUTH_ERR")
    if not origin.secure:
        # A listener on the network may have read the key, so the server revokes it.
        key.revoked = True
    if key.revoked or key.ended(nas.clock.wall()):
        raise Refused("EXPIRED")
    check_access(account)
    return account


def find_key(nas: Nas, text: Any) -> ApiKey | None:
    """The key of this text, also an expired or revoked one; None when the secret is wrong."""
    if not isinstance(text, str):  # what the schemas of 24.10 let through
        return None
    number, _, secret = text.partition("-")
    key = nas.api_keys.get(int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else None
    if key is None or not hmac.compare_digest(key.key.encode(), secret.encode("utf-8", "replace")):
        return None
    return key


async def with_key_alone(call: Call, text: str) -> bool:
    """Sign in with a key and look up its owner. Return whether it worked."""
    key = find_key(call.nas, text)
    data = {"mechanism": "API_KEY_PLAIN", "username": key.account if key else "", "api_key": text}
    return bool((await attempt(call, data))["response_type"] == "SUCCESS")


# --- tokens ------------------------------------------------------------------------------------


def make_token(call: Call, ttl: int, attributes: dict[str, Any], match_origin: bool, single_use: bool) -> str:
    """A new token of the caller."""
    assert call.credential is not None
    return _new_token(call, call.credential, ttl, attributes, match_origin, single_use)


def _new_token(
    call: Call,
    parent: Credential,
    ttl: float,
    attributes: dict[str, Any] | None = None,
    match_origin: bool = True,
    single_use: bool = True,
    *,
    reconnect: bool = False,
) -> str:
    address = call.caller.origin.address if match_origin else None
    tokens, now = call.nas.tokens, call.clock.now()
    if len(tokens) > TOKENS_LOOKED_THROUGH:
        for ended in [token for token in tokens.values() if now >= token.used_at + token.ttl]:
            del tokens[ended.text]
    text = secrets.token_urlsafe(48)
    tokens[text] = Token(text, parent, ttl, attributes or {}, address, single_use, now, reconnect)
    return text


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
    call.caller.pending = None
    nas = call.nas
    token = find_token(nas, data["token"], call.caller.origin.address)
    if token is None or token.attributes:
        raise Refused("AUTH_ERR", nas.random.uniform(1.0, 2.0))
    spend(nas, token)
    parent = token.parent
    if token.reconnect:
        return _enter(call, _credential(call, parent.account, parent.kind, key=parent.key), data)
    return _enter(call, _credential(call, parent.account, "TOKEN", parent=parent), data, token)


# --- SCRAM -------------------------------------------------------------------------------------


async def _scram(call: Call, data: dict[str, Any]) -> Answer:
    _check_origin(call)
    exchange, call.caller.pending = call.caller.pending, None
    if data["scram_type"] == "CLIENT_FIRST_MESSAGE":
        return _scram_first(call, data["rfc_str"])
    if not isinstance(exchange, Exchange):
        raise CallError("SCRAM authentication is not in progress")
    return await _scram_final(call, exchange, data["rfc_str"])


def _scram_first(call: Call, text: str) -> Answer:
    origin = call.caller.origin
    try:
        first = ClientFirst.parse(text)
    except BadMessage as e:
        raise Refused("AUTH_ERR") from e
    if first.header.startswith(b"p=") and (first.header != BOUND or not origin.binding):
        raise Refused("AUTH_ERR")
    key = call.nas.api_keys.get(first.key_id)
    if key is None or key.revoked or key.ended(call.clock.wall()) or not _same_name(key.account, first.username):
        raise Refused("AUTH_ERR")
    exchange = Exchange(first, secrets.token_bytes(32), key.salt, key.iterations, origin.binding)
    call.caller.pending = exchange
    return _scram_answer("SERVER_FIRST_RESPONSE", exchange.response, None)


def _scram_answer(kind: str, text: str, user: dict[str, Any] | None) -> Answer:
    return {"response_type": "SCRAM_RESPONSE", "scram_type": kind, "rfc_str": text, "user_info": user}


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
        raise Refused("AUTH_ERR")
    keys = await asyncio.to_thread(derive, key.key, key.salt, key.iterations)
    try:
        proof = exchange.verify(text, keys)
    except BadMessage as e:
        raise Refused("AUTH_ERR", PENALTY) from e
    if not account.roles:
        # The real server fails here: it reads the rights of an account that has none (seen on running servers).
        raise TypeError("'NoneType' object is not subscriptable")
    check_access(account)
    credential = _credential(call, account, "API_KEY", key=key, mechanism="SCRAM")
    call.caller.sign_in(credential)
    return _scram_answer("SERVER_FINAL_RESPONSE", proof, credential.user_info(nas.registry.roles()))


MECHANISMS: dict[str, Callable[[Call, dict[str, Any]], Awaitable[Answer]]] = {
    "API_KEY_PLAIN": _key_plain,
    "PASSWORD_PLAIN": _password,
    "TOKEN_PLAIN": _token,
    "OTP_TOKEN": _otp,
    "SCRAM": _scram,
}
"""The mechanisms by the name a client gives."""
