"""The ways to sign in, as `AsyncClient` offers them.

Each turns what the user gave into a flow of `auth`; what a flow needs, how often
it is run and what is kept are `SignIn`'s business.
"""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable

from ..auth.channel import APIKeyAuthMech, Channel, check_token, weak_password
from ..auth.flow import Flow, Login, password_login, token_login
from ..auth.keyflow import api_key_login
from ..storage import key_files as keyfile
from .signin import OTPToken, new_nonce

__all__ = ["Logins"]


class Logins(ABC):
    """The login methods of a client."""

    @abstractmethod
    async def _sign_in(self, flow: Callable[[Channel], Flow], otp_token: OTPToken) -> Login:
        """Run a flow on the live connection, and keep what it was made of."""

    @abstractmethod
    def _warn(self, text: str) -> None:
        """Tell the user, once."""

    async def login_with_password(
        self, username: str, password: str, otp_token: OTPToken = None, *, allow_exposed: bool = True
    ) -> Login:
        """Sign in with a password.

        ``otp_token`` is a one-time password or a function (plain or async) that asks for
        one; it is asked again after a wrong one, until it returns None. Over ``ws://`` to
        another host the password is sent with a warning, or not at all (`InsecureTransport`)
        when ``allow_exposed`` is false. Raises `InvalidCredentials`, `OTPRequired`,
        `CredentialsExpired`, `AccessDenied`, `RedirectRequired`, `RateLimited`. One login
        runs at a time, and waits while the server would take no more of them; a refused one
        is never repeated. What succeeded is kept in memory for later connections (of a
        login with a one-time password the server's own token, where it gives one).
        """

        def flow(channel: Channel) -> Flow:
            if text := weak_password(channel, allow=allow_exposed):
                self._warn(text)
            return password_login(username, password, legacy=bool(channel.old_protocol), renewable=not channel.readable)

        return await self._sign_in(flow, otp_token)

    async def login_with_api_key(
        self,
        username: str,
        key_or_path: str | os.PathLike[str],
        auth_mechanism: APIKeyAuthMech | str = APIKeyAuthMech.SCRAM,
        channel_binding: bool = True,
        *,
        known_scram: bool = False,
        allow_key_revocation: bool = False,
    ) -> Login:
        """Sign in with an API key of a user.

        ``key_or_path`` is the key, a JSON or INI text with it, or the path (absolute, or
        beginning with ``~``) of a file with any of these. SCRAM (26 and later) proves the key
        without sending it and is bound to the TLS connection; ``channel_binding=False`` logs
        in without that, as is needed over ``ws://`` or through a proxy that ends TLS. PLAIN
        sends the key, for older servers; an address that ends in ``/websocket`` means it.

        A caller that remembers that this server has done SCRAM (`Login.mechanism`) says so by
        ``known_scram``, and then the key itself is not sent, unless the caller leaves it out
        because its user wants just that. Over ``ws://`` to another host a PLAIN key is not
        sent either: the server would revoke it. ``allow_key_revocation`` sends it all the same.

        Raises `InvalidKeyFile`; `InsecureTransport` and `ChannelBindingError` before
        anything is sent; `MechanismUnsupported`, `InvalidCredentials`, `CredentialsExpired`,
        `AccessDenied`, `RedirectRequired`, `RateLimited`; `ServerSignatureError` when the
        server does not know the key either, and then the connection is closed. Otherwise as
        `login_with_password`.
        """
        mechanism = APIKeyAuthMech(auth_mechanism)
        if keyfile.is_path(key_or_path):
            warnings_: list[str] = []
            key = await asyncio.to_thread(keyfile.load, key_or_path, warnings_.append)
            for text in warnings_:
                self._warn(text)
        else:
            key = keyfile.load(key_or_path)

        def flow(channel: Channel) -> Flow:
            return api_key_login(
                username,
                key,
                channel,
                mechanism=mechanism,
                nonce=new_nonce(),
                channel_binding=channel_binding,
                known_scram=known_scram,
                allow_key_revocation=allow_key_revocation,
            )

        return await self._sign_in(flow, None)

    async def login_with_token(self, token: str) -> Login:
        """Sign in with a token of ``auth.generate_token``. It is kept as a password is.

        Raises as `login_with_password`, and `InsecureTransport` over ``ws://`` to another host.
        """

        def flow(channel: Channel) -> Flow:
            check_token(channel)
            return token_login(token, legacy=bool(channel.old_protocol))

        return await self._sign_in(flow, None)
