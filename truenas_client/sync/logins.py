"""The ways to sign in, as `Client` offers them. Nothing of `auth` is loaded before the first login."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..auth.channel import APIKeyAuthMech
    from ..auth.flow import Login
    from ..auth.ways import Way
    from .signin import OTPToken

__all__ = ["Logins"]


class Logins(ABC):
    """The login methods of a client."""

    @abstractmethod
    def _login(self, way: Way, otp_token: OTPToken = None, seconds: float | None = None) -> Login:
        """Sign in. ``seconds`` is for the whole login, without the time in which the user types a code."""

    @abstractmethod
    def _warn(self, text: str) -> None:
        """Warn the user."""

    def login_with_password(self, username: str, password: str, *, otp_token: OTPToken = None) -> None:
        """Sign in with a password; ``otp_token`` is a one-time password or a function that asks for one.

        Raises subclasses of `AuthenticationError`, which are ValueErrors: `InvalidCredentials`, `OTPRequired`,
        `CredentialsExpired`, `AccessDenied`, `RedirectRequired`; and `RateLimited`. Over ``ws://`` to another host the
        password is sent with a warning.
        """
        from ..auth.ways import Password

        self._login(Password(username, password, renewable=False), otp_token)

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
        from ..auth.ways import Key
        from ..storage import key_files

        key = key_files.load(api_key, self._warn)
        mechanism = APIKeyAuthMech(auth_mechanism or APIKeyAuthMech.SCRAM)
        self._login(Key(username or "", key, mechanism, channel_binding=channel_binding))

    def login_with_token(self, token: str) -> None:
        """Sign in with a token of ``auth.generate_token``. Raises as `login_with_password`."""
        from ..auth.ways import Token

        self._login(Token(token))
