"""Where to connect and as which user, as one value: typed, from the command line, or from a profile.

A target stands on a `Profile`, so a connection typed by hand is kept by giving it a
name. It holds a secret only when one was given; else the profile says where it is.

Loads neither Textual nor an event loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from truenas_client.endpoint import Endpoint, parse
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Profile
from truenas_client.trust import SYSTEM, TLS

__all__ = ["SECRETS", "Kind", "Target", "is_socket"]

Kind = Literal["password", "api key", "token", "local socket"]
"""How one signs in, in the card's words."""
SECRETS: dict[Kind, str] = {"password": "Password", "api key": "API key", "token": "Token", "local socket": ""}
"""What a card calls the secret."""


@dataclass(frozen=True, slots=True)
class Target:
    """``profile`` has no name unless it is kept; an empty ``secret`` counts as none."""

    profile: Profile
    secret: Secret | None = None
    writable: bool = False
    said_plain: bool = False
    """Whether ``--plain`` was said on this run: then the key is sent though the server has done better before."""

    @classmethod
    def of(
        cls,
        address: str | None,
        user: str = "",
        secret: str = "",
        *,
        by_key: bool = False,
        plain: bool = False,
        channel_binding: bool = True,
        tls: TLS = SYSTEM,
        writable: bool = False,
    ) -> Target:
        """A target without a profile. ``address`` None is this machine's own socket, "" is not known yet."""
        local = address is None or is_socket(address)
        profile = Profile(
            name="",
            addresses=(address,) if address else (),
            username=user,
            mechanism="none" if local else ("api-key-plain" if plain else "api-key") if by_key else "password",
            tls=tls,
            channel_binding=channel_binding,
            read_only=not writable,
        )
        return cls(profile, Secret(secret) if secret else None, writable, plain)

    @property
    def address(self) -> str | None:
        """The first address; None is the socket of this machine."""
        return self.profile.address

    @property
    def also(self) -> tuple[str, ...]:
        """Further addresses of the same server, for when nothing answers at the first."""
        return self.profile.addresses[1:]

    @property
    def place(self) -> str:
        """The address in full: the key of the memory of a server. Raises `InvalidEndpoint`."""
        return parse(self.address).text

    @property
    def user(self) -> str:
        return self.profile.username

    @property
    def tls(self) -> TLS:
        """How the server has to prove its identity."""
        return self.profile.tls

    @property
    def kind(self) -> Kind:
        """How it signs in: a socket of this machine knows the user that connects."""
        match self.profile.mechanism:
            case "api-key" | "api-key-plain":
                return "api key"
            case "token":
                return "token"
            case "none" if self.address is None or is_socket(self.address):
                return "local socket"
        return "password"

    @property
    def kept(self) -> bool:
        """Whether signing in needs no input: a secret is given, stored, or not needed."""
        return self.kind == "local socket" or bool(self.secret) or not isinstance(self.profile.secret, Ask)

    @property
    def exposed(self) -> tuple[Endpoint, ...]:
        """The addresses to which a password would go readable for others on the way, if it may go there at all."""
        if self.profile.mechanism != "password" or not self.profile.password_over_ws:
            return ()
        return tuple(one for one in self.profile.endpoints if not (one.is_tls or one.is_local))

    def trusting(self, tls: TLS) -> Target:
        """The same, with another choice of which certificates to take."""
        return replace(self, profile=replace(self.profile, tls=tls))


def is_socket(address: str) -> bool:
    """Whether an address is a socket of this machine."""
    return address.startswith(("ws+unix://", "unix://"))
