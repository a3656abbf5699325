"""Which secret may be sent over which channel. The protection is never weaker than the caller asked for.

The decisions are pure. They are made before anything is sent, and never depend on the
claims of a server that has not proved itself.

=================  ============  ========  ===================  ==============================
secret             local socket  TLS       ws:// to loopback    ws:// to another host
=================  ============  ========  ===================  ==============================
key, SCRAM         unbound       bound     only if unbound is   only if unbound is asked for
                                           asked for
key, PLAIN         sent          sent      sent                 refused: the server revokes it
password           sent          sent      sent                 sent with a warning, or refused
token              sent          sent      sent                 refused
=================  ============  ========  ===================  ==============================
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ..endpoint import Endpoint
from ..exc import ChannelBindingError, InsecureTransport, MechanismUnsupported
from .binding import end_point

__all__ = [
    "APIKeyAuthMech",
    "Channel",
    "binding_for",
    "check_plain_key",
    "check_token",
    "key_mechanism",
    "scram_unsupported",
    "weak_password",
]


class APIKeyAuthMech(StrEnum):
    """How an API key is used."""

    PLAIN = "PLAIN"
    """Send the key itself: for servers before 26, and only where no other machine can read it."""
    SCRAM = "SCRAM"
    """Prove the key without sending it; the server proves in turn that it knows the key (26 and later)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """The way to the server that one connection takes. ``certificate`` (DER) is the server's, with TLS."""

    kind: Literal["socket", "tls", "loopback", "network"]
    address: str
    host: str = ""
    """Name and port. The driver counts login calls for each of them."""
    certificate: bytes | None = field(default=None, repr=False)
    old_protocol: Literal["", "asked for", "fallen back to"] = ""

    @classmethod
    def of(cls, endpoint: Endpoint, certificate: bytes | None, *, fell_back: bool = False) -> Channel:
        """The channel of an address and a certificate. ``fell_back``: the caller did not ask for the old protocol."""
        kind: Literal["socket", "tls", "loopback", "network"] = "network"
        if endpoint.socket is not None:
            kind = "socket"
        elif endpoint.is_tls:
            kind = "tls"
        elif endpoint.is_local:
            kind = "loopback"
        old: Literal["", "asked for", "fallen back to"] = ""
        if endpoint.is_legacy:
            old = "fallen back to" if fell_back else "asked for"
        return cls(kind, endpoint.text, f"{endpoint.host}:{endpoint.port}", certificate, old)

    @property
    def readable(self) -> bool:
        """Whether other machines can read the traffic."""
        return self.kind == "network"

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the certificate, for the user to compare."""
        return f"sha256:{hashlib.sha256(self.certificate or b'').hexdigest()}"


def key_mechanism(asked: APIKeyAuthMech, channel: Channel, *, known_scram: bool) -> APIKeyAuthMech:
    """Which mechanism to use with a key on this channel.

    An address of the old protocol means PLAIN, the only one that protocol has. A fallback to the
    old protocol does not: a machine in between could force it. Raises `MechanismUnsupported`, and
    `InsecureTransport` for PLAIN when ``known_scram`` tells that this server has done SCRAM before.
    """
    if asked is APIKeyAuthMech.SCRAM and channel.old_protocol == "fallen back to":
        raise MechanismUnsupported(f"{channel.address}: only the old protocol is there, which has no SCRAM{_PLAIN}")
    plain = asked is APIKeyAuthMech.PLAIN or bool(channel.old_protocol)
    if plain and known_scram:
        raise InsecureTransport(
            f"{channel.address} has taken this kind of key by SCRAM before, so the key itself was not sent. If it is "
            "meant to be, say so this time: auth_mechanism=APIKeyAuthMech.PLAIN (--plain)"
        )
    return APIKeyAuthMech.PLAIN if plain else APIKeyAuthMech.SCRAM


_PLAIN = (
    ". Servers before 26 take the key itself, which is a weaker way: auth_mechanism=APIKeyAuthMech.PLAIN (--plain) "
    "sends it"
)


def scram_unsupported(channel: Channel) -> MechanismUnsupported:
    """The error for a server that does not know SCRAM."""
    return MechanismUnsupported(f"{channel.address} does not take API keys by SCRAM{_PLAIN}")


def binding_for(channel: Channel, *, wanted: bool) -> bytes | None:
    """The channel binding for a SCRAM login; None for a login without one. Raises `ChannelBindingError`."""
    if not wanted or channel.kind == "socket":
        return None
    if channel.certificate is None:
        raise ChannelBindingError(
            f"{channel.address}: without TLS there is no channel to bind the login to. Use a wss:// address, or "
            "log in without the binding: channel_binding=False (--no-channel-binding)"
            + ("" if channel.readable else _PLAIN.replace(". Servers", ". Or, servers"))
        )
    return end_point(channel.certificate)


def check_plain_key(channel: Channel, *, allow_key_revocation: bool) -> None:
    """Raise `InsecureTransport` where the server would revoke a key sent in clear."""
    if channel.readable and not allow_key_revocation:
        raise InsecureTransport(
            f"{channel.address}: the key was not sent, because others could read it on the way, and the server would "
            "revoke it for that. Use a wss:// address"
        )


def check_token(channel: Channel) -> None:
    """Raise `InsecureTransport` where another machine could read a token, and so use it."""
    if channel.readable:
        raise InsecureTransport(
            f"{channel.address}: the token was not sent, because others could read it on the way. Use a wss:// address"
        )


def weak_password(channel: Channel, *, allow: bool) -> str | None:
    """The warning to show before a password is sent; None where sending is safe. Raises `InsecureTransport`."""
    if not channel.readable:
        return None
    if not allow:
        raise InsecureTransport(
            f"{channel.address}: the password was not sent, because others could read it on the way. "
            "Use a wss:// address"
        )
    return f"{channel.address}: the password goes over the network unencrypted; a wss:// address protects it"
