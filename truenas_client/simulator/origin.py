"""Where a client's connection comes from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection comes from."""

    address: str
    port: int = 0
    unix_uid: int | None = None
    unix_pid: int | None = None
    tls: bool = False
    binding: bytes = b""
    """The value that binds a login: the hash of this connection's certificate."""

    @property
    def unix(self) -> bool:
        return self.unix_uid is not None

    @property
    def secure(self) -> bool:
        """Whether the server trusts the way here with a plain key."""
        return self.tls or self.unix or self.address.startswith("127.") or self.address == "::1"

    def __str__(self) -> str:
        if self.unix:
            return f"UNIX socket (pid={self.unix_pid} uid={self.unix_uid} gid={self.unix_uid})"
        return f"{self.address}:{self.port}"
