"""Sign a client in with a profile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..auth.flow import Login
from ..secrets.value import Secret
from ..storage.known_servers import Known
from ..storage.profile import Profile
from ..storage.secret_store import resolve
from .signin import OTPToken

if TYPE_CHECKING:
    from .client import AsyncClient

__all__ = ["sign_in"]


async def sign_in(
    client: AsyncClient,
    profile: Profile,
    *,
    secret: Secret | None = None,
    ask: Callable[[], str | None] | None = None,
    otp_token: OTPToken = None,
    said_plain: bool = False,
) -> Login | None:
    """Sign a connected client in by the profile's mechanism; None where it has none.

    Unless ``secret`` is given, it is read from where the profile keeps it, in a thread;
    ``ask`` is called when the user has to type it. A login by SCRAM is remembered for the
    server. After that a profile with ``api-key-plain`` is refused, unless the user asked for
    it just now (``said_plain``). Raises `SecretUnavailable`, and as the client's login methods do.
    """
    if profile.mechanism == "none":
        return None
    if secret is None:
        secret = await asyncio.to_thread(resolve, profile.secret, ask=ask)
    match profile.mechanism:
        case "token":
            return await client.login_with_token(secret.reveal())
        case "password":
            return await client.login_with_password(
                profile.username, secret.reveal(), otp_token, allow_exposed=profile.password_over_ws
            )
    known = Known()
    login = await client.login_with_api_key(
        profile.username,
        secret.reveal().strip(),
        "PLAIN" if profile.mechanism == "api-key-plain" else "SCRAM",
        profile.channel_binding,
        known_scram=not said_plain and known.scram_seen(client.endpoint),
    )
    if login.mechanism == "SCRAM":
        known.remember_scram(client.endpoint)
    return login
