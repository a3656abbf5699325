"""All open sessions of the simulated server, and the events about logins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .accounts import Credential
    from .events import Events, Peer

__all__ = ["Sessions"]


class Sessions:
    """The sessions in the order they connected."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._open: dict[Peer, None] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._open))

    def __len__(self) -> int:
        return len(self._open)

    def add(self, session: Peer) -> None:
        self._open[session] = None

    def remove(self, session: Peer) -> None:
        self._open.pop(session, None)

    def row(self, session: Peer, credential: Credential) -> dict[str, Any]:
        """A session as ``auth.sessions`` events show it."""
        return {
            "id": session.id,
            "origin": str(session.origin),
            "credentials": credential.kind,
            "credentials_data": credential.data(),
            "created_at": session.created_at,
            "secure_transport": session.origin.secure,
        }

    def announce(self, session: Peer, kind: str, credential: Credential | None = None) -> None:
        """Send the event that a session signed in or out."""
        login = credential or session.credential
        if login is None:
            return
        fields = self.row(session, login) if kind == "ADDED" else {"id": session.id}
        self._events.send("auth.sessions", kind, visible=lambda other: other is not session, fields=fields)
