"""The ways to sign in, as values. A way holds the user's input and makes the login flow for a channel.

Invariants: for each connection, `channel` decides before anything is sent whether the secret may be sent; the repr of a
way shows no secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .channel import APIKeyAuthMech, Channel, check_token, weak_password
from .flow import Flow, password_login, token_login
from .keyflow import api_key_login
from .keytext import ApiKey

__all__ = ["Key", "Password", "Token", "Way"]


@dataclass(frozen=True, slots=True)
class Password:
    """A password. Over ``ws://`` to another host it is sent with a warning if ``allow_exposed``, else not at all."""

    username: str
    password: str = field(repr=False)
    allow_exposed: bool = True
    renewable: bool = True
    """Whether to ask for a reconnect token, where another machine cannot read it."""

    def flow(self, channel: Channel, nonce: Callable[[], bytes], warn: Callable[[str], None]) -> Flow:
        """The login over this channel. Raises `InsecureTransport`."""
        if text := weak_password(channel, allow=self.allow_exposed):
            warn(text)
        legacy, renewable = bool(channel.old_protocol), self.renewable and not channel.readable
        return password_login(self.username, self.password, legacy=legacy, renewable=renewable)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: proved by SCRAM and bound to the TLS connection, or sent itself (PLAIN).

    ``known_scram`` tells that this server has done SCRAM before. Then the flow refuses to send the key itself.
    """

    username: str
    key: ApiKey = field(repr=False)
    mechanism: APIKeyAuthMech = APIKeyAuthMech.SCRAM
    channel_binding: bool = True
    known_scram: bool = False
    allow_key_revocation: bool = False

    def flow(self, channel: Channel, nonce: Callable[[], bytes], warn: Callable[[str], None]) -> Flow:
        """The login over this channel."""
        return api_key_login(
            self.username,
            self.key,
            channel,
            mechanism=self.mechanism,
            nonce=nonce(),
            channel_binding=self.channel_binding,
            known_scram=self.known_scram,
            allow_key_revocation=self.allow_key_revocation,
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A token of ``auth.generate_token``. It is not sent where another machine could read it."""

    token: str = field(repr=False)

    def flow(self, channel: Channel, nonce: Callable[[], bytes], warn: Callable[[str], None]) -> Flow:
        """The login over this channel. Raises `InsecureTransport`."""
        check_token(channel)
        return token_login(self.token, legacy=bool(channel.old_protocol))


Way = Password | Key | Token
