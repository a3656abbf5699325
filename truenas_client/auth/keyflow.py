"""Logins with an API key.

Invariants: when the server does not know SCRAM, the flow fails and never sends the key
itself; a login by SCRAM succeeds only after the server's signature is verified, and
otherwise the flow ends the session.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any, Never

from ..exc import (
    AccessDenied,
    ClientException,
    InvalidCredentials,
    InvalidKeyFile,
    MechanismUnsupported,
    MethodNotFound,
    ServerSignatureError,
    ValidationErrors,
)
from .channel import APIKeyAuthMech, Channel, binding_for, check_plain_key, key_mechanism, scram_unsupported
from .flow import BRIEF, Derivation, Flow, Login, Request, Steps, conclude, login_ex, no_access
from .keytext import ApiKey
from .scram import ScramClient

__all__ = ["api_key_login"]


def api_key_login(
    username: str,
    key: ApiKey,
    channel: Channel,
    *,
    mechanism: APIKeyAuthMech,
    nonce: bytes,
    channel_binding: bool = True,
    known_scram: bool = False,
    allow_key_revocation: bool = False,
) -> Flow:
    """Sign in with an API key over this channel.

    ``nonce`` (`scram.NONCE_BYTES`) must be random and used only once. For the other arguments see
    `AsyncClient.login_with_api_key`. Raises the subclasses of `AuthenticationError`, and
    `InvalidKeyFile` when the mechanism cannot use this form of the key.
    """
    try:
        if key_mechanism(mechanism, channel, known_scram=known_scram) is APIKeyAuthMech.PLAIN:
            check_plain_key(channel, allow_key_revocation=allow_key_revocation)
            return (yield from _plain(username, key, channel))
        exchange = ScramClient(username, key.id, nonce, binding_for(channel, wanted=channel_binding))
        return (yield from _scram(exchange, key, channel))
    except ClientException as e:
        if channel.kind == "socket" and type(e) is ClientException:
            raise MechanismUnsupported(
                "The local socket takes no API keys: the user of this process is signed in there already. For another "
                "user give the address of the server"
            ) from e
        raise


def _plain(username: str, key: ApiKey, channel: Channel) -> Flow:
    if key.raw is None:
        raise InvalidKeyFile(key.source, "holds derived keys only, and sending the key itself (PLAIN) needs raw_key")
    if channel.old_protocol:
        if (yield Request("auth.login_with_api_key", (key.raw,))) is not True:
            raise InvalidCredentials("The API key is wrong, has expired or was revoked")
        return Login(username, None, "PLAIN")
    data = {"mechanism": "API_KEY_PLAIN", "username": username, "api_key": key.raw}
    answer = yield from login_ex("auth.login_ex", data | BRIEF)
    return conclude(answer, username, "PLAIN")


def _scram(exchange: ScramClient, key: ApiKey, channel: Channel) -> Flow:
    try:
        text = yield from _message("FIRST", exchange.first, exchange, channel)
    except ValidationErrors as e:
        if any(_names_the_mechanism(row.attribute) for row in e.errors):
            raise scram_unsupported(channel) from e
        raise
    except MechanismUnsupported as e:
        raise scram_unsupported(channel) if isinstance(e.__cause__, MethodNotFound) else e from e.__cause__
    challenge = exchange.challenge(text)
    keys = key.keys or (yield Derivation(key.secret, challenge.salt, challenge.iterations))
    final = exchange.final(challenge, keys)
    try:
        text = yield from _message("FINAL", final.text, exchange, channel)
    except ClientException as e:
        # The proof was right. But 26 and 27 fail on an account without access, with the error
        # "'NoneType' object is not subscriptable" (seen on running servers).
        tripped = type(e) is ClientException and e.errno == errno.EINVAL and "NoneType" in (e.error or "")
        if not tripped or channel.kind == "socket":
            raise
        raise AccessDenied(no_access(exchange.username)) from e
    try:
        final.verify(text)
    except ServerSignatureError as e:
        yield from _leave(e)
    return Login(exchange.username, None, "SCRAM", salt=challenge.salt, iterations=challenge.iterations)


def _message(kind: str, text: str, exchange: ScramClient, channel: Channel) -> Generator[Steps, Any, str]:
    """Send one message of an exchange and return the text of the server's message, "" when the answer has none."""
    data = {"mechanism": "SCRAM", "scram_type": f"CLIENT_{kind}_MESSAGE", "rfc_str": text}
    answer = yield from login_ex("auth.login_ex", data, 2 if kind == "FIRST" else 0)
    if answer.get("response_type") == "AUTH_ERR":
        raise InvalidCredentials(_refusal(exchange, channel))
    if answer.get("response_type") == "SCRAM_RESPONSE":
        reply = answer.get("rfc_str")
        return reply if answer.get("scram_type") == f"SERVER_{kind}_RESPONSE" and isinstance(reply, str) else ""
    conclude(answer, exchange.username, "SCRAM")
    # SUCCESS without the server's signature: the server claims a success but has proved nothing.
    yield from _leave(ServerSignatureError("The server let the login in without proving that it knows the API key"))
    return ""


def _leave(error: ServerSignatureError) -> Generator[Steps, Any, Never]:
    """End the session with a server that failed to prove itself. The driver then closes the connection."""
    try:
        yield Request("auth.logout", (), 0)
    except ClientException as e:
        raise error from e
    raise error


def _refusal(exchange: ScramClient, channel: Channel) -> str:
    text = f"The API key is wrong, has expired or was revoked, or is not one of {exchange.username}"
    if exchange.binding is None:
        return text
    return (
        f"{text}. If it is right, something between here and the server ends TLS (a proxy), or the server's "
        f"certificate was just exchanged, and the login is bound to the one seen here, {channel.fingerprint}: compare "
        "that with the server's own, or use an address that leads to the server itself. Where the proxy is meant to "
        "be there, channel_binding=False (--no-channel-binding) logs in without the binding"
    )


def _names_the_mechanism(attribute: str | None) -> bool:
    """Whether a validation row is about the choice of the mechanism, not about the arguments of this one."""
    parts = (attribute or "").split(".")
    return parts[0] in ("", "login_data") and "SCRAM" not in parts
