"""The ways to sign in, as `Client` offers them. Nothing of `auth` is loaded before the first login."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..auth.channel import APIKeyAuthMech, Channel
    from ..auth.flow import Flow
    from .signin import OTPToken

__all__ = ["Logins"]


class Logins(ABC):
    """The login methods of a client."""

    @abstractmethod
    def _login(self, flow: Callable[[Channel], Flow], otp_token: OTPToken) -> None:
        """Run a flow on the connection."""

    @abstractmethod
    def _warn(self, text: str) -> None:
        """Tell the user."""

    def login_with_password(self, username: str, password: str, *, otp_token: OTPToken = None) -> None:
        """Sign in with a password; ``otp_token`` is a one-time password or a function that asks for one.

        Raises subclasses of `AuthenticationError`, which are ValueErrors: `InvalidCredentials`, `OTPRequired`,
        `CredentialsExpired`, `AccessDenied`, `RedirectRequired`; and `RateLimited`. Over ``ws://`` to another host the
        password is sent with a warning.
        """
        from ..auth.channel import weak_password
        from ..auth.flow import password_login

        def flow(channel: Channel) -> Flow:
            if text := weak_password(channel, allow=True):
                self._warn(text)
            return password_login(username, password, legacy=bool(channel.old_protocol))

        self._login(flow, otp_token)

    def login_with_api_key(
        self,
        username: str | None,
        api_key: str | os.PathLike[str],
        auth_mechanism: APIKeyAuthMech | str | None = None,
        *,
        channel_binding: bool = True,
    ) -> None:
        """Sign in with an API key: the key, a JSON or INI text with it, or the absolute path of a file with these.

        ``auth_mechanism`` is SCRAM unless given: it proves the key without sending it (26 and later), bound to the TLS
        connection unless ``channel_binding`` is false, as is needed over ``ws://``. PLAIN sends the key, for older
        servers; by the old protocol that is the way, and there ``username`` may be None.

        Raises `InvalidKeyFile`, and subclasses of `AuthenticationError` as `login_with_password`, all ValueErrors:
        before anything is sent `InsecureTransport` and `ChannelBindingError`; `MechanismUnsupported`,
        `ServerSignatureError`.
        """
        from ..auth.channel import APIKeyAuthMech
        from ..auth.keyflow import api_key_login
        from ..storage import key_files
        from .signin import new_nonce

        key = key_files.load(api_key, self._warn)
        mechanism = APIKeyAuthMech(auth_mechanism or APIKeyAuthMech.SCRAM)

        def flow(channel: Channel) -> Flow:
            return api_key_login(
                username or "",
                key,
                channel,
                mechanism=mechanism,
                nonce=new_nonce(),
                channel_binding=channel_binding,
            )

        self._login(flow, None)

    def login_with_token(self, token: str) -> None:
        """Sign in with a token of ``auth.generate_token``. Raises as `login_with_password`."""
        from ..auth.channel import check_token
        from ..auth.flow import token_login

        def flow(channel: Channel) -> Flow:
            check_token(channel)
            return token_login(token, legacy=bool(channel.old_protocol))

        self._login(flow, None)
