"""Connect a blocking client and sign it in, with a profile."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..auth.channel import APIKeyAuthMech
from ..auth.ways import Key, Password, Token, Way
from ..secrets.value import Secret
from ..storage import Profiles, key_files
from ..storage.known_servers import Known
from ..storage.secret_store import resolve

if TYPE_CHECKING:
    from ..auth.flow import Login
    from ..storage.profile import Profile
    from .client import Client
    from .signin import OTPToken

__all__ = ["connected", "sign_in"]

C = TypeVar("C", bound="Client")


def connected(
    kind: type[C], name: str | None, ask: Callable[[], str | None] | None, otp_token: OTPToken, options: dict[str, Any]
) -> C:
    """A signed-in client of this kind, see `Client.from_profile`."""
    profile = Profiles().named(name or os.environ.get("TRUENAS_PROFILE"))
    # First, because the server drops a connection on which nothing is said while the user types.
    secret = Secret("") if profile.mechanism == "none" else resolve(profile.secret, ask=ask)
    standard: dict[str, Any] = {"tls": profile.tls, "also": profile.addresses[1:]}
    client = kind(profile.address, **standard | options)
    try:
        sign_in(client, profile, secret, otp_token=otp_token)
    except BaseException:
        client.close()
        raise
    return client


def sign_in(
    client: Client,
    profile: Profile,
    secret: Secret,
    *,
    otp_token: OTPToken = None,
    said_plain: bool = False,
    seconds: float | None = None,
) -> Login | None:
    """Sign in by the profile's mechanism; None where it has none.

    A login by SCRAM is remembered for the server. After that a profile with ``api-key-plain`` is refused, unless the
    user asked for it just now (``said_plain``). ``seconds`` is for the whole login. Raises as the client's login
    methods do.
    """
    if profile.mechanism == "none":
        return None
    way: Way
    text = secret.reveal()
    if profile.mechanism == "token":
        way = Token(text)
    elif profile.mechanism == "password":
        way = Password(profile.username, text, profile.password_over_ws, renewable=False)
    else:
        plain = profile.mechanism == "api-key-plain"
        way = Key(
            profile.username,
            key_files.load(text.strip(), client._warn),
            APIKeyAuthMech.PLAIN if plain else APIKeyAuthMech.SCRAM,
            profile.channel_binding,
            known_scram=not said_plain and Known().scram_seen(client.endpoint),
        )
    login = client._login(way, otp_token, seconds)
    if login.mechanism == "SCRAM":
        Known().remember_scram(client.endpoint)
    return login
