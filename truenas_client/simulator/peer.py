"""A client's connection, as the parts of the server see it that its session stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .accounts import Account, Credential
    from .events import Update
    from .link import Link

__all__ = ["Origin", "Peer"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection comes from."""

    address: str
    port: int = 0
    unix_uid: int | None = None
    unix_pid: int | None = None
    tls: bool = False
    binding: bytes = b""
    """What a login can be bound to: the hash of the certificate of this very connection."""

    @property
    def unix(self) -> bool:
        return self.unix_uid is not None

    @property
    def loopback(self) -> bool:
        return self.unix or self.address.startswith("127.") or self.address == "::1"

    @property
    def secure(self) -> bool:
        """Whether the server trusts the way here with a plain key."""
        return self.tls or self.loopback

    def __str__(self) -> str:
        if self.unix:
            return f"UNIX socket (pid={self.unix_pid} uid={self.unix_uid} gid={self.unix_uid})"
        return f"{self.address}:{self.port}"


class Peer(Protocol):
    """What events, jobs and the list of sessions use of a `session.Session`."""

    id: str
    origin: Origin
    channel: Link
    created_at: datetime
    credential: Credential | None
    rights: Credential | None
    subscriptions: dict[str, str]

    @property
    def account(self) -> Account: ...

    def send_update(self, update: Update) -> None: ...

    def send_ended(self, collection: str, error: dict[str, Any] | None) -> None: ...
